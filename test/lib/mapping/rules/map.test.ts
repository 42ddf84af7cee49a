import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("map compares source text: 0123 is not 123, 1.10 not 1.1, NO not false", async () => {
  const rules = "{ from: x, map: { 0123: a, 1.10: b, NO: c, 101: d, '': e } }";

  const rows = await runColumn(rules, ["0123", "1.10", "NO", "101", "", "123", "1.1", "no", " 101"]);

  expect(rows.slice(0, 5).map(({ values }) => values[0])).toEqual(["a", "b", "c", "d", "e"]);
  const verdict = { rule: "v.map", reason: "v is not in the map" };
  expect(rows.slice(5).map(({ rejected }) => rejected)).toEqual([verdict, verdict, verdict, verdict]);
});

it("map leaves NULL alone unless the map lists it, and can give NULL", async () => {
  const unlisted = await runColumn("{ from: x, map: { a: ~ }, otherwise: other }", [null, "a", "b"]);
  const listed = await runColumn('{ from: x, map: { null: none, "null": word } }', [null, "null"]);

  expect(unlisted.map(({ values }) => values[0])).toEqual([null, null, "other"]);
  expect(listed.map(({ values, rejected }) => [values[0], rejected])).toEqual([
    ["none", null],
    ["word", null],
  ]);
});

it("otherwise flags the rows it was used for, and no others", async () => {
  const rows = await runColumn("{ from: x, map: { a: A, b: other }, otherwise: other, flag: flagged }", [
    "a",
    "b",
    "c",
    null,
  ]);

  expect(rows.map(({ values, flagged }) => [values[0], flagged])).toEqual([
    ["A", false],
    ["other", false],
    ["other", true],
    [null, false],
  ]);
});

it("otherwise: { value: reject } is the word, otherwise: reject the act", async () => {
  const [word] = await runColumn("{ from: x, map: { a: A }, otherwise: { value: reject } }", ["b"]);
  const [act] = await runColumn("{ from: x, map: { a: A }, otherwise: reject }", ["b"]);

  expect(word).toMatchObject({ values: ["reject", null], rejected: null });
  expect(act?.rejected?.rule).toBe("v.map");
});
