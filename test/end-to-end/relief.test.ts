import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { registryCounts } from "../../scripts/relief-registry.js";
import { manifestIn, snapshotOf } from "../stages/stage-files.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";
import { createMigrated, createRegistry, createRelief, type Relief, registryRows, versionsOf } from "./migrated.js";

const stages = ["extract", "transform", "load", "validate"] as const;
const tables = ["programmes", "beneficiaries", "distributions"] as const;

let source: TestDatabase;
let relief: Relief;
beforeAll(async () => {
  source = await createRegistry();
  relief = await createMigrated(source);
});
afterAll(async () => {
  await relief.remove();
  await source.drop();
});

/** What may not change when nothing is to be done. */
const resultsOf = ({ file }: Relief) =>
  Promise.all(["extract", "transform", "load"].map((stage) => snapshotOf(file(stage))));

it("moves the registry with the exact numbers its data owners were told, to zero", async () => {
  const { nameless, duplicates } = registryCounts(registryRows);
  const moved = registryRows - nameless - duplicates;
  const wanted = await source.query(`
    SELECT count(DISTINCT id) FILTER (WHERE location_code IN ('9999', '0000')) AS unknown, count(DISTINCT id) AS people
    FROM beneficiaries WHERE beneficiary_name IS NOT NULL`);

  const { counts } = (await manifestIn(relief.file("transform/beneficiaries")))._waybill;
  const report = JSON.parse(await readFile(relief.file("validate/report.json"), "utf8"));
  const found = await relief.target.query(`
    SELECT count(*) FILTER (WHERE location_code = 'UNKNOWN' AND requires_review) AS unknown, count(*) AS people
    FROM beneficiaries`);

  expect(counts).toMatchObject({
    read: registryRows,
    filtered: 0,
    rejected: nameless,
    deduplicated: duplicates,
    written: moved,
  });
  expect(found).toEqual(wanted);
  expect(await relief.target.count("beneficiaries")).toBe(moved);
  expect(await relief.target.count("programmes")).toBe(2);
  expect(report).toMatchObject({ verdict: "passed", summary: { failed: 0, warned: 0, skipped: 0 }, notValidated: [] });
  for (const { reconciliation } of report.tables) expect(reconciliation).toMatchObject({ unexplained: 0, drift: 0 });
});

it("takes no distribution along whose beneficiary stays behind, and gives the winner those of its duplicate", async () => {
  const wanted = await source.query(`
    SELECT count(*) FROM distributions WHERE beneficiary_id IN (SELECT id FROM beneficiaries WHERE beneficiary_name IS NOT NULL)`);
  const left = await source.query(`
    SELECT count(*) FROM distributions WHERE beneficiary_id IN (SELECT id FROM beneficiaries WHERE beneficiary_name IS NULL)`);

  const { counts } = (await manifestIn(relief.file("transform/distributions")))._waybill;
  const strays = await relief.target.count(
    "distributions d LEFT JOIN beneficiaries b ON b.id = d.beneficiary_id WHERE b.id IS NULL",
  );

  expect(String(counts.written)).toBe(wanted[0]?.count);
  expect(String(counts.rejected)).toBe(left[0]?.count);
  expect(strays).toBe(0);
});

it.each(stages.flatMap((stage) => tables.map((table) => [stage, table] as const)))(
  "%s leaves %s with checksums that sha256sum accepts and CSV that zcat shows",
  async (stage, table) => {
    const folder = relief.file(stage, table);

    const sums = await promisify(execFile)("sha256sum", ["-c", "--strict", "SHA256SUMS"], { cwd: folder });
    const { resources } = await manifestIn(folder);
    const headers = await Promise.all(
      resources.map(async ({ path }) => {
        const { stdout } = await promisify(execFile)("zcat", [path], { cwd: folder, maxBuffer: 1 << 26 });
        return stdout.slice(0, stdout.indexOf("\n"));
      }),
    );

    expect(sums.stdout.trim().split("\n").sort()).toEqual(resources.map(({ path }) => `${path}: OK`).sort());
    expect(headers).toEqual(resources.map(({ schema }) => schema.fields.map(({ name }) => name).join(",")));
  },
);

it("a second run changes no byte and no time of extract, transform and load, and validates anew", async () => {
  const before = await resultsOf(relief);
  const rows = await versionsOf(relief);
  const validated = await stat(relief.file("validate/report.json"));

  const again = await relief.migrate();

  expect(again).toMatchObject({ exitCode: 0 });
  for (const stage of stages.slice(0, 3))
    for (const table of tables) expect(again.stderr).toContain(`${stage} ${table}: up to date`);
  expect(await resultsOf(relief)).toEqual(before);
  expect(await versionsOf(relief)).toEqual(rows);
  expect((await stat(relief.file("validate/report.json"))).mtimeMs).toBeGreaterThan(validated.mtimeMs);
});

it("--dry-run changes nothing, neither in the work directory nor in the target", async () => {
  const rows = await versionsOf(relief);
  const before = await resultsOf(relief);

  const done = await relief.migrate("--dry-run");
  const forced = await relief.migrate("--dry-run", "--force");

  expect(done, done.stderr).toMatchObject({ exitCode: 0 });
  expect(forced, forced.stderr).toMatchObject({ exitCode: 0 });
  for (const stage of stages.slice(0, 2)) expect(forced.stderr).toMatch(new RegExp(`${stage} beneficiaries: would be`));
  expect(await resultsOf(relief)).toEqual(before);
  expect(await versionsOf(relief)).toEqual(rows);
});

it("--dry-run of a migration that never ran leaves nothing behind, not even a folder", async () => {
  const fresh = await createRelief(source);
  onTestFinished(fresh.remove);

  const result = await fresh.migrate("--dry-run");

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  await expect(stat(fresh.work)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await versionsOf(fresh)).toEqual({});
  expect(await fresh.target.count("pg_namespace WHERE nspname = 'waybill'")).toBe(0);
});

it("refuses to load into another target with 65, and to validate against it, and touches it not", async () => {
  const other = await createDatabase(
    await readFile(new URL("../../mappings/relief/schema/target.sql", import.meta.url), "utf8"),
  );
  onTestFinished(() => other.drop());
  const before = await resultsOf(relief);

  const results = await Promise.all(["load", "validate"].map((stage) => relief.stage(stage, "--target", other.url)));

  for (const { exitCode, stderr } of results) {
    expect(exitCode, stderr).toBe(65);
    expect(stderr).toContain(other.name);
    expect(stderr).toContain(relief.target.name);
  }
  expect(await other.count("beneficiaries")).toBe(0);
  expect(await resultsOf(relief)).toEqual(before);
});

it("makes the same bytes of the same source in every work directory", async () => {
  const twin = await createRelief(source);
  onTestFinished(twin.remove);

  await twin.stage("extract", "--jobs", "1");
  await twin.stage("transform", "--jobs", "1");

  for (const stage of ["extract", "transform"]) {
    const [ours, theirs] = [await sumsOf(relief, stage), await sumsOf(twin, stage)];
    expect(theirs).toEqual(ours);
    expect(ours.join("")).toContain("part-00000.csv.gz");
  }
});

const sumsOf = ({ file }: Relief, stage: string) =>
  Promise.all(tables.map((table) => readFile(file(stage, table, "SHA256SUMS"), "utf8")));

it("runs each stage alone, for the tables named", async () => {
  const alone = await createRelief(source);
  onTestFinished(alone.remove);
  const names = ["programmes", "beneficiaries"];

  for (const stage of stages) {
    const result = await alone.stage(stage, ...names);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  }

  expect(await alone.target.count("beneficiaries")).toBe(await relief.target.count("beneficiaries"));
  expect(await alone.target.count("distributions")).toBe(0);
  const report = JSON.parse(await readFile(alone.file("validate/report.json"), "utf8"));
  expect(report).toMatchObject({ verdict: "passed", notValidated: ["distributions"] });
});

it("status says that all stands, and inspect shows the rows that were rejected", async () => {
  const status = await relief.stage("status");
  const rejects = await relief.stage("inspect", "beneficiaries", "--rejects", "--format", "csv");

  expect(status.exitCode, status.stderr).toBe(0);
  expect(status.stdout).not.toMatch(/stale|missing|damaged/);
  expect(rejects.exitCode, rejects.stderr).toBe(0);
  expect(rejects.stdout.match(/null beneficiary_name/g)).toHaveLength(registryCounts(registryRows).nameless);
});
