import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";
import { rowsIn, snapshotOf } from "../stage-files.js";

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase(`
    CREATE TABLE people (id int PRIMARY KEY, name text, note text);
    INSERT INTO people SELECT n, NULLIF('name ' || n, 'name 3'), CASE n WHEN 1 THEN '' WHEN 2 THEN E'two\\nlines' WHEN 4 THEN E'\\x1b[31mred\\x07' END
      FROM generate_series(1, 60) AS n;
    CREATE TABLE many (id int PRIMARY KEY, name text);
    INSERT INTO many SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 30000) AS n;`);
});
afterAll(() => source.drop());

const people = "table: people\nfrom: people\ncolumns: { id: id, full_name: { from: name, required: true } }\n";

async function prepared(): Promise<TestMigration> {
  const migration = await createMigration({
    source: source.url,
    extracts: ["people: { part_rows: 25, row_checksum: false }"],
    files: { "people.yaml": people },
  });
  await migration.run("extract");
  const result = await migration.run("transform");
  expect(result.exitCode, result.stderr).toBe(0);
  return migration;
}

it("shows the first 20 rows of a table's transform, and changes nothing", async () => {
  const migration = await prepared();
  const before = await snapshotOf(migration.work);

  const { exitCode, stdout, stderr } = await migration.run("inspect", ["people"]);

  const lines = stdout.trimEnd().split("\n");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(lines.slice(0, 4)).toEqual(["id  full_name", "1   name 1", "2   name 2", "4   name 4"]);
  expect(lines).toHaveLength(21);
  expect(await snapshotOf(migration.work)).toEqual(before);
});

it("shows NULL as \\N and lets no control character reach the terminal", async () => {
  const migration = await prepared();

  const { stdout } = await migration.run("inspect", ["people", "--stage", "extract", "--limit", "4"]);

  expect(stdout.split("\n")).toEqual([
    "id  name    note",
    "1   name 1",
    "2   name 2  two?lines",
    "3   \\N      \\N",
    "4   name 4  ?[31mred?",
    "",
  ]);
});

it("gives all rows of all parts as CSV in Waybill's dialect, or as JSON", async () => {
  const migration = await prepared();
  const rows = await rowsIn(join(migration.work, "extract/people"));
  const all = ["people", "--stage", "extract", "--limit", "0"];

  const csv = await migration.run("inspect", [...all, "--format", "csv"]);
  const json = await migration.run("inspect", [...all, "--format", "json"]);

  expect(parseRows(csv.stdout)).toEqual([["id", "name", "note"], ...rows]);
  const objects = json.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(objects).toEqual(rows.map(([id, name, note]) => ({ id, name, note })));
});

it("shows one part, the rows with a value, the rejects, the ledger, or any file by its path", async () => {
  const migration = await prepared();
  const json = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await migration.run("inspect", [...args, "--format", "json"]);
    expect(exitCode, stderr).toBe(0);
    return stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  };

  expect((await json("people", "--stage", "extract", "--part", "1"))[0]).toMatchObject({ id: "26" });
  expect(await json("people", "--where", "full_name=name 50")).toEqual([{ id: "50", full_name: "name 50" }]);
  expect(await json("people", "--stage", "extract", "--where", "name=\\N")).toMatchObject([{ id: "3" }]);
  expect(await json("people", "--rejects")).toMatchObject([{ id: "3" }]);
  expect(await json("people", "--ledger", "--limit", "3")).toHaveLength(3);
  expect((await json(join(migration.work, "extract/people/part-00002.csv.gz")))[0]).toMatchObject({ id: "51" });
});

it("refuses a damaged file with 65 and the command that makes it again, and shows nothing of it", async () => {
  const migration = await prepared();
  const path = join(migration.work, "extract/people/part-00000.csv.gz");
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(path, bytes);

  for (const subject of [["people", "--stage", "extract"], [path]]) {
    const result = await migration.run("inspect", subject);
    expect(result).toMatchObject({ exitCode: 65, stdout: "", stderr: expect.stringContaining(path) });
    expect(result.stderr).toContain("waybill extract people --force");
  }
});

it("says 64 and the nearest for what there is not", async () => {
  const migration = await prepared();
  for (const [args, words] of [
    [["poeple"], "did you mean people?"],
    [["people", "--where", "fullname=x"], "did you mean full_name?"],
    [["people", "--format", "xml"], "table, csv, json"],
    [["people", "--part", "9"], "its parts are 0 to 2"],
    [["people", "--rejects", "--ledger"], "exclude each other"],
    [[], "inspect <file|table|extract>"],
  ] as const) {
    expect(await migration.run("inspect", args)).toMatchObject({
      exitCode: 64,
      stdout: "",
      stderr: expect.stringContaining(words),
    });
  }
});

it("takes it for success when nobody reads to the end", async () => {
  const migration = await createMigration({ source: source.url, extracts: ["many: {}"] });
  await migration.run("extract");
  const waybill = fileURLToPath(new URL("../../../dist/stages/waybill.js", import.meta.url));
  const words = [
    "inspect",
    "many",
    "--stage",
    "extract",
    "--limit",
    "0",
    "--format",
    "csv",
    "-m",
    migration.specification,
    "-w",
    migration.work,
  ];

  const child = spawn("bash", [
    "-c",
    'set -o pipefail; "$@" | head -n 2; echo "exit $?"',
    "bash",
    process.execPath,
    waybill,
    ...words,
  ]);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);

  expect(stderr).toBe("");
  expect(stdout.split("\n").slice(2)).toEqual(["exit 0", ""]);
});
