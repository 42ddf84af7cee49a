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
  ];

  expect(inWords(columns)).toEqual([
    "a: always NULL",
    'b: always "0"',
    "c: a UUID made of id, part and line, as a key of people",
    "d: whether a rule flagged the row: t or f",
    "e: the result of the SQL upper(x)",
    "f: from f",
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
