import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSpecification } from "../../../lib/files/specification.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { runProgram } from "../../support/program.js";
import { temporaryFolder } from "../../support/work.js";

const relief = fileURLToPath(new URL("../../../mappings/relief", import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(`
    ${await readFile(join(relief, "schema/target.sql"), "utf8")}
    CREATE TYPE mood AS ENUM ('ok', 'so, so', 'don''t: ask');
    CREATE DOMAIN code AS varchar(5) NOT NULL;
    CREATE TABLE "odd: table" (
      id bigint GENERATED ALWAYS AS IDENTITY, small smallint NOT NULL DEFAULT 0, at timestamptz(3) NOT NULL,
      feels mood NOT NULL, code code, tags text[] NOT NULL, "null" text, "a: b" char(3),
      twice integer GENERATED ALWAYS AS (small * 2) STORED)`);
});
afterAll(() => database.drop());

it("schema prints the very file that the relief migration checks its values by", async () => {
  const { exitCode, stdout, stderr } = await runProgram("schema", ["-m", relief, "--target", database.url]);

  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(await readFile(join(relief, "schema/target.yaml"), "utf8"));
});

it("schema writes down every type it checks, and leaves the others unchecked but named", async () => {
  const folder = await migrationOf("odd: table");

  const { stdout } = await runProgram("schema", ["-m", folder, "--target", database.url]);

  expect(stdout.split("\n").slice(2)).toEqual([
    "tables:",
    '  "odd: table":',
    "    id: bigint not null default",
    "    small: smallint not null default",
    "    at: timestamp(3) with time zone not null",
    `    feels: "enum('ok', 'so, so', 'don''t: ask') not null"`,
    "    code: character varying(5) not null",
    "    tags: any not null # text[]",
    '    "null": text',
    '    "a: b": character(3)',
    "",
  ]);
});

it("schema reads nothing of the file that it is to replace, and a migration with the new one is checked by it", async () => {
  const folder = await migrationOf("odd: table");
  await mkdir(join(folder, "schema"));
  const path = join(folder, "schema/target.yaml");
  await writeFile(path, "");
  await expect(readSpecification(folder).then(parseMigration)).rejects.toThrow("schema/target.yaml");

  const { exitCode, stdout } = await runProgram("schema", ["-m", folder, "--target", database.url]);
  await writeFile(path, stdout);

  expect(exitCode).toBe(0);
  const [table] = parseMigration(await readSpecification(folder)).tables;
  expect(table?.targetColumns?.map(({ name, type, isNeeded }) => [name, type, isNeeded])).toEqual([
    ["id", "bigint not null", false],
    ["small", "smallint not null", false],
    ["at", "timestamp(3) with time zone not null", true],
    ["feels", "enum('ok', 'so, so', 'don''t: ask') not null", true],
    ["code", "character varying(5) not null", true],
    ["tags", "any not null", true],
    ["null", "text", false],
    ["a: b", "character(3)", false],
  ]);
});

it("schema says 66 for a table that the target does not have, and names the nearest", async () => {
  const folder = await migrationOf("beneficiarys");

  const { exitCode, stdout, stderr } = await runProgram("schema", ["-m", folder, "--target", database.url]);

  expect({ exitCode, stdout }).toEqual({ exitCode: 66, stdout: "" });
  expect(stderr).toContain("did you mean beneficiaries?");
});

/** The folder of a migration that fills one table. */
async function migrationOf(table: string): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "migration.yaml"), "migration: SCHEMA\nextracts: { people: }\n");
  await writeFile(join(folder, "people.yaml"), `table: ${JSON.stringify(table)}\nfrom: people\ncolumns: all\n`);
  return folder;
}
