import { expect, it } from "vitest";
import { compileTable } from "../../../lib/mapping/compile-table.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { runColumn, runPeople } from "./run-table.js";
import { filesOf, peopleWith } from "./specification-fixture.js";

const firstValues = (rows: Awaited<ReturnType<typeof runColumn>>) => rows.map(({ values }) => values[0]);

it("rules are applied in the order in which they are written", async () => {
  const trimmed = await runColumn("{ from: x, trim: true, map: { a: b }, otherwise: none }", [" a "]);
  const untrimmed = await runColumn("{ from: x, map: { a: b }, otherwise: none, trim: true }", [" a "]);

  expect([trimmed, untrimmed].map(firstValues)).toEqual([["b"], ["none"]]);
});

it("each item of rules: has a miss and a flag of its own", async () => {
  const rules =
    "{ from: x, rules: [{ map: { a: '1', b: '2' }, otherwise: '3', flag: flagged }, { map: { 1: one, 3: three } }] }";

  const rows = await runColumn(rules, ["a", "b", "c", null]);

  expect(rows.map(({ values, rejected, flagged }) => [values[0], rejected?.rule, flagged])).toEqual([
    ["one", undefined, false],
    [null, "v.map[2]", false],
    ["three", undefined, true],
    [null, undefined, false],
  ]);
});

it("otherwise: keep leaves a value as it was before the rule, and flags it", async () => {
  const rules = "{ from: x, rules: [{ trim: true }, { map: { a: A }, otherwise: keep, flag: flagged }] }";

  const rows = await runColumn(rules, ["a ", "b ", null]);

  expect(rows.map(({ values, flagged }) => [values[0], flagged])).toEqual([
    ["A", false],
    ["b", true],
    [null, false],
  ]);
});

it("otherwise: { value: keep } is the word", async () => {
  expect(firstValues(await runColumn("{ from: x, map: { a: A }, otherwise: { value: keep } }", ["b"]))).toEqual([
    "keep",
  ]);
});

it("only_if applies rules, rejections and flags where it is true, and nowhere else", async () => {
  const map = "map: { a: A }, otherwise: none, flag: flagged";
  const people = (rule: string) =>
    `table: people\ncolumns:\n  v: { from: x, ${rule}, only_if: "y = 'yes'" }\n  flagged: { flagged: true }\n`;
  const source = {
    columns: ["x", "y"],
    rows: [
      ["a", "yes"],
      ["b", "yes"],
      ["a", "no"],
      ["b", null],
    ],
  };

  const mapped = await runPeople({ "people.yaml": people(map) }, source);
  const strict = await runPeople({ "people.yaml": people("map: { a: A }") }, source);

  expect(mapped.map(({ values, flagged }) => [values[0], flagged])).toEqual([
    ["A", false],
    ["none", true],
    ["a", false],
    ["b", false],
  ]);
  expect(strict.map(({ values, rejected }) => rejected?.rule ?? values[0])).toEqual(["A", "v.map", "a", "b"]);
});

it.each([
  "date: DD/MM/YYYY",
  "date: DD/MM/YYYY, otherwise: null",
  "date: DD/MM/YYYY, otherwise: keep, only_if: y = '1'",
])("{ %s } reads each value once", (rules) => {
  const migration = parseMigration(filesOf({ "people.yaml": peopleWith(`v: { from: x, ${rules} }`) }));
  const [table] = migration.tables;
  if (table === undefined) throw new Error("no table");

  const source = ["x", "y"].map((name) => ({ name, type: "string", databaseType: "text" }));
  const { columns } = compileTable(migration.id, table, source);

  expect(JSON.stringify(columns[0]?.steps).split("try_strptime")).toHaveLength(2);
});
