import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { writeWhole } from "../../../lib/files/whole-file.js";
import { makeFolder } from "../../../lib/files/work-directory.js";
import { runProgram } from "../../support/program.js";
import { temporaryFolder } from "../../support/work.js";
import { columnsNamed, writeExtract } from "../transform/extracted.js";

const people = `table: people
columns:
  id: id
  born: { from: born, date: DD/MM/YYYY, because: All dates are stored in ISO 8601 }
`;

const rows = [["7", "31/12/2023"]];

type Rows = readonly (readonly string[])[];

/** A migration with its extract where rows are given, and `waybill explain people` in it. */
async function migrationWith(extracted: Rows | undefined) {
  const root = await temporaryFolder();
  const [folder, work] = [join(root, "migration"), join(root, "work")];
  await makeFolder(folder);
  await writeWhole(join(folder, "migration.yaml"), "migration: TEST-1\nextracts:\n  people:\n");
  await writeWhole(join(folder, "people.yaml"), people);
  if (extracted !== undefined)
    await writeExtract(work, "people", { columns: columnsNamed(["id", "born"]), rows: extracted });
  const run = (words: readonly string[]) => runProgram("explain", ["people", ...words, "-m", folder, "-w", work]);
  return { root, run };
}

const explained = async (words: readonly string[], extracted?: Rows) => (await migrationWith(extracted)).run(words);

const spoken = [
  "people: made from the extract people",
  "Columns:",
  "  id: from id",
  "  born: from born; read as a date DD/MM/YYYY, else the row is rejected — because All dates are stored in ISO 8601",
  "",
].join("\n");

it("explain says the mapping aloud without an extract, and when the SQL can be shown", async () => {
  const both = await explained([]);
  const words = await explained(["--no-sql"]);

  expect(both).toMatchObject({ exitCode: 0, stdout: spoken });
  expect(both.stderr).toContain("once people is extracted");
  expect(words).toMatchObject({ exitCode: 0, stdout: spoken, stderr: "" });
});

it("explain --sql asks for the extract with 66 and the command that makes it", async () => {
  const { exitCode, stdout, stderr } = await explained(["--sql"]);

  expect(exitCode).toBe(66);
  expect(stdout).toBe("");
  expect(stderr).toContain("waybill extract people -m");
});

it("explain shows the very statement that runs: DuckDB maps the rows of what it prints", async () => {
  const { root, run } = await migrationWith(rows);
  const both = await run([]);
  const { stdout } = await run(["--sql"]);

  expect(both.stdout).toBe(`${spoken}\n${stdout}`);
  expect(await valuesOf(stdout, '"id", "~1.1"')).toEqual([["7", "2023-12-31"]]);
  expect(stdout).toContain(root);
});

/** What a statement makes of `mapped`, run by somebody who has nothing but DuckDB. */
async function valuesOf(statement: string, columns: string) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(statement);
    return (await connection.runAndReadAll(`SELECT ${columns} FROM mapped`)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

it("explain gives words and SQL as one object with --json", async () => {
  const { stdout } = await explained(["--json"], rows);

  const { table, words, sql } = JSON.parse(stdout);
  expect({ table, words: words.join("\n") }).toEqual({ table: "people", words: spoken.trimEnd() });
  expect(sql).toContain("TEMP TABLE mapped AS");
});

it("explain takes one table, and one that there is", async () => {
  expect(await explained(["towns"])).toMatchObject({ exitCode: 64, stdout: "" });
  expect((await runProgram("explain", [])).exitCode).toBe(64);
  expect((await explained(["--sql", "--no-sql"])).exitCode).toBe(64);
});
