import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it.each([
  ["{ from: 1, length: 3 }", "abc"],
  ["{ from: 2 }", "bcde"],
  ["{ from: 4, length: 9 }", "de"],
  ["{ from: 6, length: 1 }", ""],
  ["{ from: -2 }", "de"],
  ["{ from: -3, length: 2 }", "cd"],
  ["{ from: -9 }", "abcde"],
  ["{ from: -6, length: 3 }", "ab"],
  ["{ from: -9, length: 4 }", ""],
  ["{ from: 2000000000, length: 2000000000 }", ""],
  ["{ from: -2000000000, length: 2000000000 }", "abcde"],
])("substring: %s of abcde is %j, and so in any other letters", async (options, expected) => {
  const rule = `{ from: x, substring: ${options} }`;
  const cyrillic = (text: string) => text.replace(/[a-e]/g, (letter) => "абвгд".charAt(letter.charCodeAt(0) - 97));

  const [[ascii], [other]] = await Promise.all([runColumn(rule, ["abcde"]), runColumn(rule, [cyrillic("abcde")])]);

  expect(ascii?.values[0]).toBe(expected);
  expect(other?.values[0]).toBe(cyrillic(expected));
});

it("substring counts characters, not bytes, and leaves NULL and the empty text what they are", async () => {
  const rows = await runColumn("{ from: x, substring: { from: -2, length: 1 } }", ["日本語", "a😀b", null, ""]);

  expect(rows.map(({ values }) => values[0])).toEqual(["本", "😀", null, ""]);
});

it.each([
  ["{ from: 0 }", "columns.v.substring.from: no position"],
  ["{ from: 1, length: 0 }", "columns.v.substring.length: expected at least 1"],
  ["{ from: 1, length: -1 }", 'columns.v.substring.length: expected a number, found "-1"'],
  ["{ length: 3 }", 'columns.v.substring: "from" is missing'],
  ["{ from: 99999999999 }", "columns.v.substring.from: expected at most 2000000000"],
])("substring refuses %s", (options, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, substring: ${options} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
