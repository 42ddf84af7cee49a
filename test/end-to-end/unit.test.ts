import { afterEach, beforeEach, expect, it } from "vitest";
import { snapshotOf } from "../stages/stage-files.js";
import type { TestDatabase } from "../support/postgres.js";
import { createMigrated, createRegistry, type Relief, versionsOf } from "./migrated.js";

let source: TestDatabase;
let relief: Relief;
beforeEach(async () => {
  source = await createRegistry();
  relief = await createMigrated(source);
});
afterEach(async () => {
  await relief.remove();
  await source.drop();
});

/** Beneficiary 42 is of programme 103, which became PROG-2024-001. */
const key42 = ["beneficiaries", "--key", "42"] as const;

async function changedKeys(before: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const after = await versionsOf(relief);
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]).sort();
}

it("--key 42 takes one beneficiary with its programme through all stages, and touches nothing else", async () => {
  const [person] = await relief.target.query("SELECT id, programme_id FROM beneficiaries WHERE legacy_id = 42");
  await source.query(`
    UPDATE beneficiaries SET phone = '+254 700 000 000' WHERE id IN (42, 43);
    UPDATE programmes SET budget = 1 WHERE id = 101`);
  await relief.target.query("UPDATE programmes SET title = 'by hand' WHERE id = 'PROG-2024-002'");
  const rows = await versionsOf(relief);
  const whole = await Promise.all(
    ["extract", "transform", "load", "validate"].map((stage) => snapshotOf(relief.file(stage))),
  );

  const result = await relief.stage("run", ...key42);

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(await changedKeys(rows)).toEqual([`beneficiaries ${person?.id}`, "programmes PROG-2024-001"]);
  expect(await relief.target.query("SELECT legacy_id FROM beneficiaries WHERE phone = '+254 700 000 000'")).toEqual([
    { legacy_id: "42" },
  ]);
  expect(await relief.target.query("SELECT title FROM programmes WHERE id = 'PROG-2024-002'")).toEqual([
    { title: "by hand" },
  ]);
  expect(
    await Promise.all(["extract", "transform", "load", "validate"].map((stage) => snapshotOf(relief.file(stage)))),
  ).toEqual(whole);
});

it("--key brings back a row, and the programme it refers to, into an empty target", async () => {
  await relief.target.query("TRUNCATE programmes, beneficiaries, distributions");

  const result = await relief.stage("run", ...key42);

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(await relief.target.query("SELECT legacy_id, programme_id FROM beneficiaries")).toEqual([
    { legacy_id: "42", programme_id: "PROG-2024-001" },
  ]);
  expect(await relief.target.query("SELECT id FROM programmes")).toEqual([{ id: "PROG-2024-001" }]);
});

it("--key a second time, with nothing changed, writes no row", async () => {
  await relief.stage("run", ...key42);
  const rows = await versionsOf(relief);

  const result = await relief.migrate(...key42);

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(await changedKeys(rows)).toEqual([]);
});

it("--key of a row that is rejected says 1 and why, --key of none says 66, and neither changes the target", async () => {
  const [nameless] = await source.query("SELECT min(id) AS id FROM beneficiaries WHERE beneficiary_name IS NULL");
  const rows = await versionsOf(relief);

  const rejected = await relief.stage("run", "beneficiaries", "--key", String(nameless?.id));
  const unknown = await relief.stage("run", "beneficiaries", "--key", "99999999");

  expect(rejected.exitCode, rejected.stderr).toBe(1);
  expect(rejected.stderr).toContain("reject");
  expect(unknown.exitCode, unknown.stderr).toBe(66);
  expect(unknown.stderr).toContain("beneficiaries has no row with id = 99999999");
  expect(await changedKeys(rows)).toEqual([]);
});
