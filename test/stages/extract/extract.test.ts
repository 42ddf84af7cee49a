import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256 } from "../../../lib/model/hash.js";
import { violations } from "../../lib/model/data-package-profile.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";
import { manifestIn, partsIn, rowsIn, snapshotOf, textOf } from "../stage-files.js";

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase(`
    CREATE TABLE people (id int PRIMARY KEY, name text);
    INSERT INTO people SELECT n, 'name ' || n FROM generate_series(-20, 979) AS n;
    CREATE TABLE empty (id int PRIMARY KEY, name text);
    -- 25 rows a group and 13 without one: more than fit a part of 10, and ties that only the other columns decide.
    CREATE TABLE repeated (grp int, val text);
    INSERT INTO repeated SELECT n % 40 - 10, CASE WHEN n % 7 > 0 THEN chr(65 + n % 50) END FROM generate_series(1, 1000) AS n;
    INSERT INTO repeated SELECT NULL, chr(97 + n) FROM generate_series(0, 12) AS n;
    CREATE TABLE pairs (a int, b text, c int);
    INSERT INTO pairs SELECT NULLIF(n % 5, 0), NULLIF(chr(97 + n % 3), 'b'), n FROM generate_series(1, 200) AS n;
    CREATE TABLE coded (code text COLLATE "und-x-icu" PRIMARY KEY);
    INSERT INTO coded SELECT DISTINCT chr(33 + n % 94) || chr(33 + n * 7 % 94) || 'é' FROM generate_series(1, 300) AS n;
    CREATE TABLE dated (id int PRIMARY KEY, day date, at timestamptz);
    INSERT INTO dated SELECT n, NULLIF(date '2023-11-20' + n, '2024-01-05'), '2023-12-31 22:00+00'::timestamptz + n * interval '1 h'
      FROM generate_series(1, 60) AS n;
    CREATE SCHEMA "Odd ""Schema";
    CREATE TABLE "Odd ""Schema"."Tab; le.1" ("Id, x" int PRIMARY KEY, "sel""ect" text, "ünï\nline" text);
    INSERT INTO "Odd ""Schema"."Tab; le.1" VALUES (1, 'a,b', E'c\\nd'), (2, NULL, '');`);
});
afterAll(() => source.drop());

async function extracted(extracts: readonly string[], args: readonly string[] = []): Promise<TestMigration> {
  const migration = await createMigration({ source: source.url, extracts });
  const result = await migration.run("extract", args);
  expect(result.stderr).not.toContain("bug");
  expect(result.exitCode, result.stderr).toBe(0);
  return migration;
}

const folderOf = ({ work }: TestMigration, name: string) => join(work, "extract", name);

/** The first column of every row a query gives, as numbers. */
async function ids(sql: string): Promise<readonly number[]> {
  return (await source.query(sql)).map((row) => Number(Object.values(row)[0]));
}

describe("content", () => {
  it("is the same, byte for byte, with one connection and with four", async () => {
    const extracts = [
      "people: { part_rows: 100 }",
      "repeated: { key: [grp], part_rows: 10 }",
      "pairs: { part_rows: 7 }",
      "coded: { part_rows: 20 }",
    ];
    const one = await extracted(extracts, ["--jobs", "1"]);
    const four = await extracted(extracts, ["--jobs", "4"]);

    for (const name of ["people", "repeated", "pairs", "coded"]) {
      const [a, b] = [await contentOf(folderOf(one, name)), await contentOf(folderOf(four, name))];
      expect(b).toEqual(a);
      expect(Object.keys(a).length).toBeGreaterThan(5);
    }
  });

  it("is the source's rows in key order, numbers by value, whatever the parts", async () => {
    const migration = await extracted(["people: { part_rows: 100 }"]);

    const rows = await rowsIn(folderOf(migration, "people"));

    expect(rows.map(([id]) => Number(id))).toEqual(await ids("SELECT id FROM people ORDER BY id"));
    expect(await partsIn(folderOf(migration, "people"))).toHaveLength(10);
  });

  it("keeps equal keys in one part, NULL first, ties decided by all columns", async () => {
    const migration = await extracted(["repeated: { key: [grp], part_rows: 10, row_checksum: false }"]);
    const folder = folderOf(migration, "repeated");

    const rows = await rowsIn(folder);

    const expected = await source.query(
      `SELECT grp, val FROM repeated ORDER BY grp NULLS FIRST, val COLLATE "C" NULLS FIRST`,
    );
    expect(rows).toEqual(expected.map(({ grp, val }) => [grp, val]));
    const keys = await Promise.all(
      (await partsIn(folder)).map(async (name) => new Set(columnOf(await textOf(join(folder, name))))),
    );
    expect(keys.reduce((sum, part) => sum + part.size, 0)).toBe(41);
  });

  it("orders a composite key column by column, NULL first in each", async () => {
    const migration = await extracted(["pairs: { key: [a, b], part_rows: 7, row_checksum: false }"]);

    const rows = await rowsIn(folderOf(migration, "pairs"));

    const expected = await source.query(
      `SELECT a, b, c FROM pairs ORDER BY a NULLS FIRST, b COLLATE "C" NULLS FIRST, c`,
    );
    expect(rows).toEqual(expected.map(({ a, b, c }) => [a, b, c]));
  });

  it("takes all columns for the key of a table without one, and puts none of their values into the manifest", async () => {
    const migration = await extracted(["pairs: { part_rows: 7, row_checksum: false }"]);

    const rows = await rowsIn(folderOf(migration, "pairs"));
    const { _waybill, resources } = await manifestIn(folderOf(migration, "pairs"));

    const expected = await source.query(
      `SELECT a, b, c FROM pairs ORDER BY a NULLS FIRST, b COLLATE "C" NULLS FIRST, c NULLS FIRST`,
    );
    expect(rows).toEqual(expected.map(({ a, b, c }) => [a, b, c]));
    expect(_waybill.details).toMatchObject({ key: ["a", "b", "c"], keyKind: "whole row" });
    expect(resources.filter((resource) => "_keyRange" in resource || resource.schema.primaryKey)).toEqual([]);
  });

  it("orders text by its bytes where the column's own collation does not", async () => {
    const migration = await extracted(["coded: { part_rows: 20, row_checksum: false }"]);

    const codes = (await rowsIn(folderOf(migration, "coded"))).map(([code]) => Buffer.from(code ?? ""));

    expect(codes.map(String)).toEqual([...codes].sort(Buffer.compare).map(String));
    expect(codes).toHaveLength(await source.count("coded"));
  });

  it("is a header alone for an empty table and for a condition nothing meets", async () => {
    const migration = await extracted(["empty: {}", "people: { where: id > 5000 }"]);

    for (const [name, read] of [
      ["empty", 0],
      ["people", 0],
    ] as const) {
      const folder = folderOf(migration, name);
      expect(await partsIn(folder)).toEqual(["part-00000.csv.gz"]);
      expect(await textOf(join(folder, "part-00000.csv.gz"))).toBe("id,name,row_checksum\n");
      expect((await manifestIn(folder))._waybill.counts).toEqual({ read });
    }
  });

  it("leaves out what `where` leaves out, and says how many rows that were", async () => {
    const migration = await extracted(["people: { where: 'id % 10 = 0 -- every tenth', part_rows: 30 }"]);

    const { counts, details } = (await manifestIn(folderOf(migration, "people")))._waybill;

    expect(counts).toEqual({ read: 100 });
    expect(details).toMatchObject({ leftOutByWhere: 900 });
    expect(await partsIn(folderOf(migration, "people"))).toHaveLength(4);
  });

  it("reads what a `select` gives, in the order of its key", async () => {
    const select = "SELECT p.id AS person, r.val FROM people p JOIN repeated r ON r.grp = p.id WHERE p.id > 20;";
    const migration = await extracted([
      `joined: { select: '${select}', key: [person], part_rows: 25, row_checksum: false }`,
    ]);

    const rows = await rowsIn(folderOf(migration, "joined"));

    const expected = await source.query(
      `SELECT * FROM (${select.slice(0, -1)}) AS s ORDER BY person, val COLLATE "C" NULLS FIRST`,
    );
    expect(rows).toEqual(expected.map(({ person, val }) => [person, val]));
  });

  it("has a part for each month where the extract says so, and one for the rows without a date", async () => {
    const migration = await extracted(["dated: { part_by: { column: day, every: month }, row_checksum: false }"]);
    const folder = folderOf(migration, "dated");

    const months = await Promise.all(
      (await partsIn(folder)).map(async (name) => [
        ...new Set(columnOf(await textOf(join(folder, name)), 1).map((day) => day.slice(0, 7))),
      ]),
    );

    expect(months).toEqual([["\\N"], ["2023-11"], ["2023-12"], ["2024-01"]]);
    expect(await rowsIn(folder)).toHaveLength(60);
  });

  it("counts timestamps with a zone into the month they have in UTC", async () => {
    const migration = await extracted(["dated: { part_by: { column: at, every: year }, row_checksum: false }"]);

    const folder = folderOf(migration, "dated");

    const years = await Promise.all(
      (await partsIn(folder)).map(async (name) => [
        ...new Set(columnOf(await textOf(join(folder, name)), 2).map((at) => at.slice(0, 4))),
      ]),
    );
    expect(years).toEqual([["2023"], ["2024"]]);
  });

  it("takes names as they are, however hostile", async () => {
    const migration = await extracted([`hostile: { table: '"Odd ""Schema"."Tab; le.1"', row_checksum: false }`]);

    const text = await textOf(join(folderOf(migration, "hostile"), "part-00000.csv.gz"));

    expect(text).toBe('"Id, x","sel""ect","ünï\nline"\n1,"a,b","c\nd"\n2,\\N,\n');
  });
});

describe("a result", () => {
  it("is described by a Frictionless Data Package, lies there for its owner only, and passes sha256sum -c", async () => {
    const migration = await extracted(["people: { part_rows: 400 }", "empty: {}", "pairs: {}", "dated: {}"]);

    for (const name of ["people", "empty", "pairs", "dated"]) {
      const folder = folderOf(migration, name);
      expect(violations(await manifestIn(folder))).toEqual([]);
      expect(await sha256sum(folder)).toBe((await partsIn(folder)).map((part) => `${part}: OK\n`).join(""));
    }
    expect(await readdir(folderOf(migration, "people"))).toEqual([
      "SHA256SUMS",
      "manifest.json",
      "part-00000.csv.gz",
      "part-00001.csv.gz",
      "part-00002.csv.gz",
    ]);
  });

  it("stays as it is, to the byte and the time of change, when nothing has changed", async () => {
    const migration = await extracted(["people: { part_rows: 400 }", "empty: {}"]);
    const before = await snapshotOf(join(migration.work, "extract"));

    const again = await migration.run("extract");

    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("extract people: up to date") });
    expect(await snapshotOf(join(migration.work, "extract"))).toEqual(before);
  });

  it("has the same manifest when it is made again from the same data", async () => {
    const migration = await extracted(["people: { part_rows: 400 }"]);
    const before = await manifestIn(folderOf(migration, "people"));

    await migration.run("extract", ["--force"]);

    expect((await manifestIn(folderOf(migration, "people")))._waybill.outputHash).toBe(before._waybill.outputHash);
  });

  it("is made again when a part is gone or its rules changed, and not before", async () => {
    const migration = await extracted(["people: { part_rows: 400 }"]);
    await rm(join(folderOf(migration, "people"), "part-00001.csv.gz"));

    const repaired = await migration.run("extract");
    await migration.write({
      "migration.yaml": "migration: TEST-1\nextracts:\n  people: { part_rows: 400, where: id > 0 }\n",
    });
    const dry = await migration.run("extract", ["--dry-run"]);
    const changed = await migration.run("extract");

    expect(repaired.stderr).toContain("extract people: 1,000 rows in 3 parts");
    expect(dry.stderr).toContain("extract people: would be read");
    expect(changed.stderr).toContain("extract people: 979 rows");
  });
});

describe("a mistake", () => {
  it("in a name is answered with the nearest one", async () => {
    const migration = await createMigration({ source: source.url, extracts: ["people: {}"] });

    expect(await migration.run("extract", ["poeple"])).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining("did you mean people?"),
    });
  });

  it("in the key, the table or the condition says which", async () => {
    for (const [extract, code, word] of [
      ["people: { key: [nmae] }", 78, "nmae"],
      ["peopel: {}", 66, "did you mean people?"],
      ["people: { where: nmae IS NULL }", 78, "nmae"],
    ] as const) {
      const migration = await createMigration({ source: source.url, extracts: [extract] });
      const result = await migration.run("extract");
      expect(result.stderr).toContain(word);
      expect(result.exitCode, result.stderr).toBe(code);
    }
  });

  it("of a column that bears the name of the row checksum is refused", async () => {
    const migration = await createMigration({
      source: source.url,
      extracts: ["clash: { select: 'SELECT id, name AS row_checksum FROM people' }"],
    });

    expect(await migration.run("extract")).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining("row_checksum: false"),
    });
  });

  it("in the address of the source says 69, and shows no password", async () => {
    const migration = await createMigration({
      source: "postgresql://u:canary-7f3@127.0.0.1:1/nowhere",
      extracts: ["people: {}"],
    });

    const result = await migration.run("extract");

    expect(result.exitCode).toBe(69);
    expect(`${result.stdout}${result.stderr}`).not.toContain("canary");
  });
});

/** The checksum of every part, and of SHA256SUMS: two folders with equal ones hold the same bytes. */
async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = ["SHA256SUMS", ...(await partsIn(folder))];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, sha256(await readFile(join(folder, name)))])),
  );
}

async function sha256sum(folder: string): Promise<string> {
  return (await promisify(execFile)("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: folder })).stdout;
}

/** One column of a file without line feeds in its values. */
function columnOf(text: string, index = 0): readonly string[] {
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",")[index] ?? "");
}
