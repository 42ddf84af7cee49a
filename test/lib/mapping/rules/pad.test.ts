import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const padded = async (options: string, ...values: readonly (string | null)[]) =>
  (await runColumn(`{ from: x, pad: ${options} }`, values)).map((row) => row.values[0]);

it("pad fills up on the left, and passes what is long enough, to the last character", async () => {
  expect(await padded('{ to: 5, with: "0" }', "501", "00501", "1234567", "", null)).toEqual([
    "00501",
    "00501",
    "1234567",
    "00000",
    null,
  ]);
});

it("pad fills up on the right where it is told to", async () => {
  expect(await padded('{ to: 3, with: " ", side: right }', "a", "abcd")).toEqual(["a  ", "abcd"]);
});

it("pad counts characters, not bytes, of the value and of what it is filled with", async () => {
  expect(await padded("{ to: 4, with: é }", "😀", "e\u0301", "日本語")).toEqual(["ééé😀", "éée\u0301", "é日本語"]);
});

it.each([
  ['{ to: 5, with: "" }', "columns.v.pad.with: not one character"],
  ["{ to: 5, with: ab }", "columns.v.pad.with: not one character"],
  ["{ to: 5 }", 'columns.v.pad: "with" is missing'],
  ["{ to: 0, with: a }", "columns.v.pad.to: expected at least 1"],
  ["{ to: 1000000000, with: a }", "columns.v.pad.to: expected at most 10000"],
  ["{ to: 5.5, with: a }", 'columns.v.pad.to: expected a number, found "5.5"'],
  ["{ to: 5, with: a, side: middle }", 'columns.v.pad.side: expected left or right, found "middle"'],
])("pad refuses %s", (options, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, pad: ${options} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
