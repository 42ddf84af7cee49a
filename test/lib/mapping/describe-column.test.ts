import { expect, it } from "vitest";
import { describeColumn } from "../../../lib/mapping/describe-column.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { filesOf, peopleWith } from "./specification-fixture.js";

/** Columns of a table `people` in words. */
function inWords(columns: readonly string[], more: Readonly<Record<string, string>> = {}): readonly string[] {
  const [table] = parseMigration(filesOf({ "people.yaml": peopleWith(...columns), ...more })).tables;
  if (table === undefined || table.columns === "all") throw new Error("no columns");
  return table.columns.map(describeColumn);
}

it("a column reads as a sentence: its origin, its rules in order, what a miss means, and why", () => {
  const [date] = inWords([
    "born: { from: birth, trim: true, date: DD/MM/YYYY, because: All dates are stored in ISO 8601 }",
  ]);

  expect(date).toBe(
    "born: from birth; white space taken off both ends; read as a date DD/MM/YYYY, else the row is rejected — because All dates are stored in ISO 8601",
  );
});

it("every origin has its sentence", () => {
  const columns = [
    "a: { const: null }",
    'b: { const: "0" }',
    "c: { uuid5: [id, part, line] }",
    "d: { flagged: true }",
    'e: { sql: "upper(x)" }',
    "f: {}",
    "g: { concat: [a, b] }",
    'h: { concat: { columns: [a, b], with: " " } }',
    "i: { json: { name: full_name, age: { type: number } } }",
  ];

  expect(inWords(columns)).toEqual([
    "a: always NULL",
    'b: always "0"',
    "c: a UUID made of id, part and line, as a key of people",
    "d: whether a rule flagged the row: t or f",
    "e: the result of the SQL upper(x)",
    "f: from f",
    "g: a and b one after another",
    'h: a and b one after another with " " between them',
    "i: a JSON object of name and age; each number, boolean and JSON in it is one, else the row is rejected",
  ]);
});

it("what stands in otherwise is told, NULL apart from the text, and whether the row is flagged", () => {
  const columns = [
    "code: { lookup: { file: lookups/c.csv, key: old, value: iso }, otherwise: UNKNOWN, flag: check }",
    "kind: { map: { 1: one, null: none }, otherwise: null }",
    "name: { required: true }",
    "check: { flagged: true }",
  ];

  expect(inWords(columns, { "lookups/c.csv": "old,iso\n1,A\n" }).slice(0, 3)).toEqual([
    'code: from code; looked up in lookups/c.csv, where old gives iso, else "UNKNOWN", and the row is flagged',
    'kind: from kind; "1" becomes "one" and NULL becomes "none", else NULL',
    "name: from name; neither NULL nor empty, else the row is rejected",
  ]);
});

it("a long map is told by its first lines and how many are left", () => {
  const pairs = Array.from({ length: 40 }, (_, at) => `${at}: v${at}`).join(", ");

  const [long] = inWords([`kind: { map: { ${pairs} } }`]);

  expect(long).toContain('"11" becomes "v11" and 28 more, else');
  expect(long).not.toContain('"12"');
});

it("an item of rules: says where it applies, what stays as it is, and its own because", () => {
  const items =
    "[{ trim: true, because: Clerks type blanks }, { map: { a: b }, otherwise: keep, flag: check, only_if: y = 'no' }]";

  expect(inWords([`v: { from: x, rules: ${items} }`, "check: { flagged: true }"])[0]).toBe(
    `v: from x; white space taken off both ends (because Clerks type blanks); where y = 'no': "a" becomes "b", else it stays as it is, and the row is flagged`,
  );
});

it("every rule for text has its sentence", () => {
  const rules = [
    "collapse: true",
    "null_if: [N/A, '-', '']",
    "default: none",
    "upper: true",
    "lower: true",
    "replace: [{ find: a, with: b }, { pattern: '(\\d)', with: '<\\1>' }]",
    'pad: { to: 5, with: "0" }',
    "substring: { from: 2 }",
    "substring: { from: -4, length: 3 }",
    'split: { by: " ", take: rest }',
    'split: { by: " ", take: 3 }',
    "title: true",
    "json_value: $.a",
  ];

  expect(inWords(rules.map((rule, index) => `c${index}: { from: x, ${rule} }`))).toEqual([
    "c0: from x; each run of white space made one blank",
    'c1: from x; NULL where it is "N/A", "-" or ""',
    'c2: from x; "none" in place of NULL',
    "c3: from x; in capitals",
    "c4: from x; in small letters",
    'c5: from x; "a" replaced by "b" and what matches (\\d) replaced by "<\\\\1>"',
    'c6: from x; filled up to 5 characters with "0" on the left',
    "c7: from x; character 2 and all that follow",
    "c8: from x; 3 characters from character 4 from the end",
    'c9: from x; split at " ", of which all after the first part is taken',
    'c10: from x; split at " ", of which part 3 is taken',
    "c11: from x; each word with a capital",
    "c12: from x; what its JSON holds at $.a, else the row is rejected",
  ]);
});
