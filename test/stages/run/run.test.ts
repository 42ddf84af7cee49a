import { access } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { startProgram } from "../../support/program.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";

const tables = `
  CREATE TABLE camps (id int PRIMARY KEY, name text NOT NULL);
  CREATE TABLE people (id int PRIMARY KEY, name text, camp int REFERENCES camps);`;

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase(`${tables}
    INSERT INTO camps SELECT n, 'camp ' || n FROM generate_series(1, 3) AS n;
    INSERT INTO people SELECT n, 'name ' || n, n % 3 + 1 FROM generate_series(1, 100) AS n;
    CREATE TABLE many (id int PRIMARY KEY, name text);
    INSERT INTO many SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 60000) AS n;`);
});
afterAll(() => source.drop());

const people =
  "table: people\nfrom: people\ncolumns: { id: id, name: { from: name, required: true }, camp: camp }\nexpect: [relationships: { column: camp, to: camps.id }]\n";

async function migrationTo(target: TestDatabase): Promise<TestMigration> {
  return createMigration({
    source: source.url,
    target: target.url,
    extracts: ["camps: {}", "people: {}"],
    files: { "camps.yaml": "table: camps\nfrom: camps\ncolumns: all\n", "people.yaml": people },
  });
}

it("moves everything through all four stages, and changes nothing the second time", async () => {
  const target = await createDatabase(tables);
  const migration = await migrationTo(target);

  const first = await migration.run("run");
  const second = await migration.run("run");
  const status = await migration.run("status");

  const moved = [await target.count("camps"), await target.count("people")];
  await target.drop();
  expect(first.exitCode, first.stderr).toBe(0);
  expect(second.exitCode, second.stderr).toBe(0);
  expect(moved).toEqual([3, 100]);
  expect(status.stderr, status.stdout).toBe("everything stands\n");
  expect(status.stdout.match(/ done +(3|100)$/gm)).toHaveLength(8);
  const paths = ["extract/camps", "extract/people", "transform/camps", "transform/people", "load/camps", "load/people"];
  for (const path of paths) expect(first.stdout).toContain(`${join(migration.work, path)}/manifest.json\n`);
  for (const stage of ["extract people", "transform people", "load people"])
    expect(second.stderr).toContain(`${stage}: up to date`);
});

it("moves the tables that are named and those they refer to", async () => {
  const target = await createDatabase(tables);
  const migration = await migrationTo(target);

  const result = await migration.run("run", ["people"]);

  const moved = [await target.count("camps"), await target.count("people")];
  await target.drop();
  expect(result.exitCode, result.stderr).toBe(0);
  expect(moved).toEqual([3, 100]);
});

it("stops at the first stage that fails, with that stage's code", async () => {
  const migration = await createMigration({
    source: "postgresql://nobody@127.0.0.1:1/nowhere",
    extracts: ["camps: {}"],
  });

  const result = await migration.run("run");

  expect(result.exitCode).toBe(69);
  expect(result.stderr).toContain("run: extract exited with 69");
  expect(result.stderr).not.toContain("transform");
});

it("goes on with --keep-going, and exits with the highest code", async () => {
  const migration = await createMigration({
    source: source.url,
    target: "postgresql://nobody@127.0.0.1:1/nowhere",
    extracts: ["camps: {}"],
    files: { "camps.yaml": "table: camps\nfrom: camps\ncolumns: all\n" },
  });

  const stopped = await migration.run("run");
  const result = await migration.run("run", ["--keep-going"]);

  expect(stopped.exitCode, stopped.stderr).toBe(69);
  expect(stopped.stderr).toContain("run: load exited with 69\n");
  expect(result.stderr).toMatch(/run: load exited with 69, validate exited with \d+\n/);
  expect(result.exitCode).toBe(69);
});

it("says what it would do with --dry-run, and does nothing", async () => {
  const target = await createDatabase(tables);
  const migration = await migrationTo(target);

  const result = await migration.run("run", ["--dry-run"]);

  const moved = await target.count("people");
  await target.drop();
  expect(result.exitCode, result.stderr).toBe(0);
  expect(moved).toBe(0);
  await expect(access(join(migration.work, "extract", "people", "manifest.json"))).rejects.toThrow();
});

it.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("hands %s on to the stage that runs, waits for it, and exits %i", async (signal, code) => {
  const migration = await createMigration({ source: source.url, extracts: ["many: { part_rows: 500 }"] });
  const running = startProgram("run", ["-m", migration.specification, "-w", migration.work, "--jobs", "1"], {
    env: migration.environment,
  });
  while (running.child.exitCode === null && !(await isThere(join(migration.work, "extract/many/part-00000.csv.gz"))))
    await wait(5);

  running.child.kill(signal);
  const result = await running.result;
  const sessions = await source.query(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waybill/extract' AND datname = current_database() AND state = 'active'",
  );

  expect(result.exitCode).toBe(code);
  expect(result.stderr).toContain("extract: interrupted");
  expect(result.stderr).not.toContain("transform");
  expect(await isThere(join(migration.work, "extract/many/manifest.json"))).toBe(false);
  expect(sessions).toHaveLength(1);
});

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
