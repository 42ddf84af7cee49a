import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { type RunningProgram, startProgram } from "../../support/program.js";
import { createMigration, type TestMigration } from "../migration-fixture.js";
import { manifestIn, rowsIn } from "../stage-files.js";

/** Cut into parts so small that something can happen between them. */
const many = "many: { part_rows: 500 }";

let source: TestDatabase;
beforeAll(async () => {
  source = await createDatabase(`
    CREATE TABLE many (id int PRIMARY KEY, name text);
    INSERT INTO many SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 60000) AS n;
    CREATE TABLE few (id int PRIMARY KEY, name text);
    INSERT INTO few SELECT n, 'name ' || n FROM generate_series(1, 10) AS n;`);
});
afterAll(() => source.drop());

function start(migration: TestMigration, args: readonly string[] = []) {
  const places = ["-m", migration.specification, "-w", migration.work, "--jobs", "1"];
  return startProgram("extract", [...places, ...args], { env: migration.environment });
}

/** Resolves when the first part stands, the others do not yet; or when the program has ended without it. */
async function firstPart({ work }: TestMigration, { child }: RunningProgram): Promise<void> {
  const isThere = () =>
    access(join(work, "extract/many/part-00000.csv.gz")).then(
      () => true,
      () => false,
    );
  while (child.exitCode === null && !(await isThere())) await wait(5);
}

const manifestOf = (migration: TestMigration, name: string) => join(migration.work, "extract", name, "manifest.json");

it("reads all extracts in one snapshot: what is written meanwhile shows in none of them", async () => {
  const migration = await createMigration({ source: source.url, extracts: [many, "few: {}"] });
  const running = start(migration);
  await firstPart(migration, running);

  await source.query(
    "UPDATE many SET name = 'changed'; INSERT INTO few VALUES (11, 'late'); DELETE FROM few WHERE id = 1",
  );
  const result = await running.result;

  await source.query(
    "UPDATE many SET name = repeat(md5(id::text), 8); DELETE FROM few WHERE id = 11; INSERT INTO few VALUES (1, 'name 1')",
  );
  expect(result.exitCode, result.stderr).toBe(0);
  expect((await rowsIn(join(migration.work, "extract/few"))).map(([id]) => id)).toEqual(
    Array.from({ length: 10 }, (_, n) => String(n + 1)),
  );
  expect((await rowsIn(join(migration.work, "extract/many"))).filter(([, name]) => name === "changed")).toEqual([]);
  const [a, b] = await Promise.all(
    ["many", "few"].map(async (name) => (await manifestIn(join(migration.work, "extract", name)))._waybill.snapshots),
  );
  expect(a).toEqual(b);
});

it("exits 75 when the server ends its session, and finishes when the command is given again", async () => {
  const migration = await createMigration({ source: source.url, extracts: [many] });
  const running = start(migration);
  await firstPart(migration, running);

  await source.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waybill/extract' AND datname = current_database()",
  );
  const cut = await running.result;
  const left = await readdir(join(migration.work, "extract/many"));
  const again = await migration.run("extract");

  expect(cut.exitCode, cut.stderr).toBe(75);
  expect(left).not.toContain("manifest.json");
  expect(again.exitCode, again.stderr).toBe(0);
  expect(await rowsIn(join(migration.work, "extract/many"))).toHaveLength(60_000);
});

it.each([
  ["SIGKILL", -9],
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("leaves no manifest after %s, and finishes when the command is given again", async (signal, code) => {
  const migration = await createMigration({ source: source.url, extracts: [many] });
  const running = start(migration);
  await firstPart(migration, running);

  running.child.kill(signal);
  const killed = await running.result;
  const left = await readdir(join(migration.work, "extract/many"));
  const again = await migration.run("extract");

  expect(killed.exitCode).toBe(code);
  expect(left).not.toContain("manifest.json");
  expect(again.exitCode, again.stderr).toBe(0);
  expect((await readdir(join(migration.work, "extract/many"))).filter((name) => name.startsWith("."))).toEqual([]);
  expect(await rowsIn(join(migration.work, "extract/many"))).toHaveLength(60_000);
});

it("lets only one run at a time read an extract, and tells the other who does", async () => {
  const migration = await createMigration({ source: source.url, extracts: [many] });
  const running = start(migration);
  await firstPart(migration, running);

  const second = await migration.run("extract");

  expect(second).toMatchObject({
    exitCode: 75,
    stderr: expect.stringContaining(`in use by process ${running.child.pid}`),
  });
  expect((await running.result).exitCode).toBe(0);
});

// The limit on file sizes can be set everywhere; what the disk says when it is full takes the same way.
it("says 74 when the disk takes no more, and leaves neither part nor manifest", async () => {
  const migration = await createMigration({ source: source.url, extracts: ["many: {}"] });
  const waybill = fileURLToPath(new URL("../../../dist/stages/waybill.js", import.meta.url));
  const words = ["extract", "-m", migration.specification, "-w", migration.work];
  const child = spawn("bash", ["-c", 'ulimit -f 64; exec "$@"', "bash", process.execPath, waybill, ...words], {
    env: { ...process.env, ...migration.environment },
  });
  const [stderr] = await Promise.all([text(child.stderr), once(child, "exit")]);

  expect(child.exitCode, stderr).toBe(74);
  expect(stderr).toContain("part-00000.csv.gz");
  expect((await readdir(join(migration.work, "extract/many"))).filter((name) => !name.startsWith(".lock"))).toEqual([]);
});

it("says 74 where there can be no folder", async () => {
  const migration = await createMigration({ source: source.url, extracts: ["few: {}"] });

  const places = ["-m", migration.specification, "-w", "/dev/null/work"];
  const result = await startProgram("extract", places, { env: migration.environment }).result;

  expect(result).toMatchObject({
    exitCode: 74,
    stderr: expect.stringContaining("/dev/null/work: a part of this path is not a folder"),
  });
});

it("keeps passwords and values out of everything it prints and writes beside the parts", async () => {
  const url = Object.assign(new URL(source.url), { username: "canary_user", password: "canary-7f3" }).href;
  await source.query(
    "DROP ROLE IF EXISTS canary_user; CREATE ROLE canary_user LOGIN PASSWORD 'canary-7f3'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO canary_user",
  );
  const migration = await createMigration({ source: url, extracts: ["few: {}"] });

  const result = await migration.run("extract");
  const failed = await createMigration({ source: `${url}_not_there`, extracts: ["few: {}"] }).then((other) =>
    other.run("extract"),
  );

  await source.query("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM canary_user; DROP ROLE canary_user");
  const written = await Promise.all(
    ["run.json", "log.jsonl", "extract/few/manifest.json"].map((name) => readFile(join(migration.work, name), "utf8")),
  );
  expect(result.exitCode, result.stderr).toBe(0);
  expect(failed.exitCode).toBe(69);
  for (const spoken of [result.stdout, result.stderr, failed.stdout, failed.stderr, ...written]) {
    expect(spoken).not.toContain("canary-7f3");
    expect(spoken).not.toContain("name 7");
  }
});

it("names no manifest that is not there", async () => {
  const migration = await createMigration({ source: source.url, extracts: [many, "few: {}"] });

  const { stdout } = await migration.run("extract", ["few"]);

  expect(stdout).toBe(`${manifestOf(migration, "few")}\n`);
});
