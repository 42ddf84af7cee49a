import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeWhole } from "../../../lib/files/whole-file.js";
import { makeFolder } from "../../../lib/files/work-directory.js";
import { runProgram } from "../../support/program.js";
import { temporaryFolder } from "../../support/work.js";
import { columnsNamed, writeExtract } from "../transform/extracted.js";

const people = `table: people
filter:
  - keep: age <> '0'
reject:
  - { when: "length(name) = 0", reason: no name }
columns:
  id: id
  name: { from: name, trim: true, required: true }
  first: { sql: "split_part(name, ' ', 1)" }
dedupe: { by: [id], keep: latest, order: [changed] }
`;

/** A migration's folder with the one extract `people`, and a place for its work directory. */
async function specification(table: string): Promise<{ readonly folder: string; readonly work: string }> {
  const root = await temporaryFolder();
  const folder = join(root, "migration");
  await makeFolder(folder);
  await writeWhole(join(folder, "migration.yaml"), "migration: TEST-1\nextracts:\n  people:\n");
  await writeWhole(join(folder, "people.yaml"), table);
  return { folder, work: join(root, "work") };
}

/** What the program says of a table, where the extract has these columns or is not there. */
async function checked(table: string, columns?: readonly string[]) {
  const { folder, work } = await specification(table);
  if (columns !== undefined) await writeExtract(work, "people", { columns: columnsNamed(columns), rows: [] });
  const result = await runProgram("check", ["--mapping", "-m", folder, "-w", work]);
  return { ...result, lines: result.stderr.trimEnd().split("\n"), folder, work };
}

const columns = ["id", "name", "age", "changed"];

it("check says how much it looked at where nothing is wrong", async () => {
  const { exitCode, stdout, lines } = await checked(people, columns);

  expect(exitCode).toBe(0);
  expect(stdout).toBe("");
  expect(lines).toEqual(["1 table, 5 rules, nothing wrong"]);
});

it("check makes nothing, and says which names it could not check without the extract", async () => {
  const { exitCode, lines, folder } = await checked(people);

  expect(exitCode).toBe(0);
  expect(lines).toEqual([
    "people: not checked, because people is not extracted yet: whether it has the columns changed, id, name, age",
    "1 table, 5 rules, nothing wrong in what could be checked",
  ]);
  expect(await readdir(join(folder, ".."))).toEqual(["migration"]);
});

it("check finds a source column that does not exist in a rule, in dedupe and in SQL, and names the nearest", async () => {
  const { exitCode, stderr } = await checked(people, ["id", "nam", "age", "change"]);

  expect(exitCode).toBe(78);
  expect(stderr).toContain('people.yaml:8: columns.name: extract people has no column "name"; did you mean "nam"?');
  expect(stderr).toContain('people.yaml:10: dedupe order: unknown column "changed"; did you mean "change"?');
  expect(stderr).toContain('people.yaml:5: reject[0]: extract people has no column "name"; did you mean "nam"?');
  expect(stderr).toContain('people.yaml:9: columns.first: extract people has no column "name"; did you mean "nam"?');
});

it.each([
  ["a function that does not exist", "uper(name) = 'A'", '; did you mean "upper"?'],
  ["half an expression", "name =", "syntax error"],
  ["a number made of text without saying so", "age + 1 > 18", "No function matches"],
  ["text for true or false", "name", "VARCHAR and BOOLEAN"],
  ["a look at other rows", "max(age) = age", "cannot contain aggregates"],
  ["several rows made of one", "unnest([age = '1', age = '2'])", "UNNEST not supported"],
  ["another table", "id IN (SELECT id FROM others)", "others does not exist"],
])("check finds %s in SQL without a row and without the extract, and says in which rule", async (_, keep, word) => {
  const { exitCode, stderr } = await checked(`table: people\nfilter:\n  - keep: ${keep}\ncolumns: all\n`);

  expect(exitCode).toBe(78);
  expect(stderr).toMatch(/^people\.yaml:3: filter\[0\]: /);
  expect(stderr).toContain(word);
});

it("check finds wrong SQL in only_if and tells the column's line", async () => {
  const { exitCode, stderr } = await checked(
    "table: people\ncolumns:\n  id: { trim: true, only_if: uper(id) = 'A' }\n",
  );

  expect(exitCode).toBe(78);
  expect(stderr).toContain("people.yaml:3: id.trim only_if: ");
});

it("check finds a regular expression that is none", async () => {
  const { exitCode, stderr } = await checked("table: people\ncolumns:\n  id: { replace: { pattern: '(', with: x } }\n");

  expect(exitCode).toBe(78);
  expect(stderr).toContain("people.yaml:3: id.replace: pattern");
});

it("check takes names that differ only in case for one, as the engine does", async () => {
  const { exitCode, lines } = await checked("table: people\nfilter: [{ keep: a = A }]\ncolumns: all\n");

  expect(exitCode).toBe(0);
  expect(lines[0]).toMatch(/whether it has the columns a$/);
});

it("check says with --json what it found as events", async () => {
  const { folder, work } = await specification(people);

  const { stderr } = await runProgram("check", ["--json", "-m", folder, "-w", work]);

  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(events).toMatchObject([
    { event: "not-checked", table: "people", extract: "people", columns: ["changed", "id", "name", "age"] },
    { event: "checked", tables: 1, rules: 5 },
  ]);
});

it("check refuses the work directory of another migration", async () => {
  const { folder, work } = await specification(people);
  await makeFolder(work);
  await writeWhole(join(work, "run.json"), '{"migration":"OTHER"}\n');

  const { exitCode, stderr } = await runProgram("check", ["-m", folder, "-w", work]);

  expect(exitCode).toBe(65);
  expect(stderr).toContain("belongs to the migration OTHER");
});
