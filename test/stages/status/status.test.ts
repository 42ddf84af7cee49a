import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";
import { snapshotOf } from "../stage-files.js";

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase(`
    CREATE TABLE camps (id int PRIMARY KEY, name text);
    INSERT INTO camps SELECT n, 'camp ' || n FROM generate_series(1, 3) AS n;
    CREATE TABLE people (id int PRIMARY KEY, name text);
    INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, 1500) AS n;`);
});
afterAll(() => source.drop());

async function transformed(): Promise<TestMigration> {
  const migration = await createMigration({
    source: source.url,
    extracts: ["camps: {}", "people: {}"],
    files: {
      "camps.yaml": "table: camps\nfrom: camps\ncolumns: all\n",
      "people.yaml": "table: people\nfrom: people\ncolumns: all\n",
    },
  });
  await migration.run("extract");
  const result = await migration.run("transform");
  expect(result.exitCode, result.stderr).toBe(0);
  return migration;
}

/** What status says of each step, as `extract people: done`. */
async function states(migration: TestMigration, args: readonly string[] = []): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await migration.run("status", ["--json", ...args]);
  expect(exitCode, stderr).toBe(0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return lines.map(({ stage, name, state }) => `${stage} ${name}: ${state}`);
}

it("says what stands and what is missing, as a table with the first break, and changes nothing", async () => {
  const migration = await transformed();
  const before = await snapshotOf(migration.work);

  const { exitCode, stdout, stderr } = await migration.run("status");

  expect(exitCode).toBe(0);
  expect(
    stdout
      .split("\n")
      .map((line) => line.split(/ {2,}/).join("|"))
      .slice(0, 6),
  ).toEqual([
    "stage|name|state|rows",
    "extract|camps|done|3",
    "extract|people|done|1,500",
    "transform|camps|done|3",
    "transform|people|done|1,500",
    "load|camps|missing",
  ]);
  expect(stderr).toContain("the chain breaks at load camps (missing); go on from there: waybill load camps");
  expect(await snapshotOf(migration.work)).toEqual(before);
});

it("tells a changed rule, a damaged part and a changed manifest apart", async () => {
  const migration = await transformed();
  await migration.write({ "camps.yaml": "table: camps\nfrom: camps\ncolumns: { id: id }\n" });
  await truncate(join(migration.work, "extract/people/part-00000.csv.gz"), 100);

  const afterBoth = await states(migration);
  await writeFile(join(migration.work, "extract/camps/manifest.json"), "{}");
  const afterAll = await states(migration, ["camps"]);

  expect(afterBoth.slice(0, 4)).toEqual([
    "extract camps: done",
    "extract people: damaged",
    "transform camps: stale",
    "transform people: stale",
  ]);
  expect(afterAll).toEqual([
    "extract camps: damaged",
    "transform camps: stale",
    "load camps: missing",
    "validate camps: missing",
  ]);
});

it("forgets nothing when the same data is extracted again, and sees it when other data is", async () => {
  const migration = await transformed();

  await migration.run("extract", ["--force"]);
  const same = await states(migration);
  await source.query("INSERT INTO camps VALUES (9, 'new')");
  await migration.run("extract", ["--force"]);
  const other = await states(migration);

  await source.query("DELETE FROM camps WHERE id = 9");
  expect(same.slice(2, 4)).toEqual(["transform camps: done", "transform people: done"]);
  expect(other.slice(2, 4)).toEqual(["transform camps: stale", "transform people: done"]);
});

it("says 66 where no run is, 64 for a table there is not", async () => {
  const migration = await transformed();

  expect(await migration.run("status", ["poeple"])).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("did you mean people?"),
  });
  await rm(migration.work, { recursive: true });
  expect(await migration.run("status")).toMatchObject({
    exitCode: 66,
    stderr: expect.stringContaining("holds no run"),
  });
});
