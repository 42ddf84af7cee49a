import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { parseRows } from "../../lib/files/csv-rows.js";
import { encodeRow } from "../../lib/model/csv-dialect.js";
import { createMigration } from "../stages/migration-fixture.js";
import { manifestIn, snapshotOf } from "../stages/stage-files.js";
import { createDatabase } from "../support/postgres.js";

const mapping = `table: people
reject: [{ when: name IS NULL, reason: no name }]
columns:
  id: id
  name: { from: name, trim: true }
  born: { from: born, date: DD/MM/YYYY }
`;

/** Forty people, of whom four are rejected, in the source, the files and the target. */
async function migrated() {
  const source = await createDatabase(`
    CREATE TABLE people (id int PRIMARY KEY, name text, born text);
    INSERT INTO people SELECT n, CASE WHEN n <> 9 THEN ' name ' || n END, CASE WHEN n IN (3, 5, 7) THEN '31/02/1990' ELSE '01/12/1990' END
      FROM generate_series(1, 40) AS n;`);
  const target = await createDatabase(
    "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, born date NOT NULL);",
  );
  onTestFinished(async () => {
    await source.drop();
    await target.drop();
  });
  const migration = await createMigration({
    source: source.url,
    target: target.url,
    extracts: ["people: { part_rows: 15 }"],
    files: { "people.yaml": mapping },
  });
  await succeed(migration.run("run"));
  return { ...migration, target, file: join(migration.folder, "corrected.csv") };
}

type Migrated = Awaited<ReturnType<typeof migrated>>;

async function succeed(result: ReturnType<Migrated["run"]>) {
  const done = await result;
  expect(done.exitCode, done.stderr).toBe(0);
  return done;
}

/** Exports the rejects, mends two, leaves one as wrong as it was, and one out. */
async function correct({ run, file }: Migrated) {
  await succeed(run("rejects", ["people", "--export", file]));
  const [header = [], ...rows] = parseRows(await readFile(file, "utf8"));
  const mended = rows
    .filter((row) => row[header.indexOf("_key")] !== "5")
    .map((row) => row.map((value, at) => (header[at] === "name" ? (value ?? "Nina") : value)))
    .map((row) =>
      row.map((value, at) => (header[at] === "born" && row[header.indexOf("id")] === "3" ? "28/02/1990" : value)),
    );
  await writeFile(file, [header, ...mended].map(encodeRow).join(""));
}

const report = async ({ work }: Migrated) =>
  JSON.parse(await readFile(join(work, "validate/report.json"), "utf8")).tables[0];

it("corrected rejects reach the target, every count adds up, and another run does not undo it", async () => {
  const migration = await migrated();
  const { run, target, work, file } = migration;
  const before = await snapshotOf(join(work, "transform"));
  await correct(migration);

  const replayed = await succeed(run("rejects", ["replay", "people", file]));
  const early = await run("validate");
  const loaded = await succeed(run("load"));
  await succeed(run("validate"));

  expect(replayed.stderr).toContain("replay 001 wrote 2 of 3 rows, 1 rejected again");
  expect(early).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("waybill load people") });
  expect(loaded.stderr).toContain("38 rows in 4 parts");
  expect(await target.query("SELECT id, name, born::text FROM people WHERE id IN (3, 5, 7, 9) ORDER BY id")).toEqual([
    { id: "3", name: "name 3", born: "1990-02-28" },
    { id: "9", name: "Nina", born: "1990-12-01" },
  ]);
  const { verdict, reconciliation, keptOutBy } = await report(migration);
  expect(verdict).toBe("passed");
  expect(reconciliation).toMatchObject({ read: 40, rejected: 2, written: 38, loaded: 38, target: 38, unexplained: 0 });
  expect(reconciliation.base).toMatchObject({ read: 40, rejected: 4, written: 36 });
  expect(reconciliation.replays).toEqual([
    { name: "001", read: 3, filtered: 0, rejected: 1, deduplicated: 0, written: 2 },
  ]);
  expect(keptOutBy).toEqual({ "born.date": 2 });
  expect((await manifestIn(join(work, "load/people")))._waybill.checksum?.count).toBe(38);

  const again = await succeed(run("run"));
  expect(again.stderr).toContain("load people: up to date");
  expect(await target.count("people")).toBe(38);
  expect(await snapshotOf(join(work, "transform"))).toEqual(before);
  const status = await succeed(run("status"));
  expect(status.stdout).toContain("people, replay 001 of people");
  expect(status.stderr).toBe("everything stands\n");

  await succeed(run("load", ["--force"]));
  expect(await target.count("people")).toBe(38);
});

it("a replay that is taken back leaves the target at the next load", async () => {
  const migration = await migrated();
  const { run, target, file } = migration;
  await correct(migration);
  await succeed(run("rejects", ["replay", "people", file]));
  const open = await succeed(run("status"));
  expect(open.stderr).toContain("load people (stale)");
  await succeed(run("load"));

  await succeed(run("rejects", ["discard", "people", "001"]));
  const early = await run("validate");
  const loaded = await succeed(run("load"));
  await succeed(run("validate"));

  expect(early.exitCode).toBe(65);
  expect(loaded.stderr).toContain("loaded again");
  expect(await target.count("people")).toBe(36);
});

it("a changed mapping makes a replay stale: load and validate refuse, and say how to go on", async () => {
  const migration = await migrated();
  const { run, target, file, write } = migration;
  await correct(migration);
  await succeed(run("rejects", ["replay", "people", file]));
  await succeed(run("load"));
  await write({ "people.yaml": mapping.replace("no name", "nameless") });
  await succeed(run("transform"));

  const refused = [await run("load"), await run("validate")];

  for (const { exitCode, stderr } of refused) {
    expect(exitCode, stderr).toBe(65);
  }
  expect(refused[0]?.stderr).toContain("replay 001 of people");
  expect(refused[0]?.stderr).toContain("waybill rejects discard people 001");
  expect(await target.count("people")).toBe(38);
  await succeed(run("rejects", ["discard", "people", "001"]));
  await succeed(run("rejects", ["replay", "people", file]));
  await succeed(run("load"));
  await succeed(run("validate"));
  expect(await target.count("people")).toBe(38);
});
