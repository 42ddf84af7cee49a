import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { textOf } from "../stages/stage-files.js";
import type { TestDatabase } from "../support/postgres.js";
import { createMigrated, createRegistry, type Relief } from "./migrated.js";

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

/** Changes the target; when the test is over it is as before. */
async function plant(change: string, undo: string): Promise<void> {
  await relief.target.query(change);
  onTestFinished(async () => void (await relief.target.query(undo)));
}

const differencesIn = (table: string) => textOf(relief.file("validate", table, "differences.csv.gz"));

it("validate finds one changed cell, and names its key and column", async () => {
  const [person] = await relief.target.query("SELECT id, phone FROM beneficiaries WHERE legacy_id = 42");
  const back = person?.phone == null ? "NULL" : `'${person.phone}'`;
  await plant(
    "UPDATE beneficiaries SET phone = 'planted, by hand' WHERE legacy_id = 42",
    `UPDATE beneficiaries SET phone = ${back} WHERE legacy_id = 42`,
  );

  const result = await relief.stage("validate", "beneficiaries");

  expect(result.exitCode, result.stderr).toBe(1);
  expect(result.stderr).toContain(`${person?.id} (phone)`);
  expect(await differencesIn("beneficiaries")).toContain(`changed,${person?.id},phone,`);
  expect((await differencesIn("beneficiaries")).trim().split("\n")).toHaveLength(2);
  expect(`${result.stdout}${result.stderr}`).not.toContain("planted");
});

it("validate finds a missing row, and names its key", async () => {
  const [gone] = await relief.target.query("SELECT id FROM distributions WHERE legacy_id = 77");
  await plant(
    "CREATE TABLE put_aside AS SELECT * FROM distributions WHERE legacy_id = 77; DELETE FROM distributions WHERE legacy_id = 77",
    "INSERT INTO distributions SELECT * FROM put_aside; DROP TABLE put_aside",
  );

  const result = await relief.stage("validate", "distributions");

  expect(result.exitCode, result.stderr).toBe(1);
  expect(result.stderr).toContain(`${gone?.id} (missing`);
  expect(await differencesIn("distributions")).toContain(`missing,${gone?.id},`);
});

it("validate finds an extra row, and names its key", async () => {
  await plant(
    "INSERT INTO programmes VALUES ('PROG-0', 'planted', 1, '2024-01-01')",
    "DELETE FROM programmes WHERE id = 'PROG-0'",
  );

  const result = await relief.stage("validate", "programmes");

  expect(result.exitCode, result.stderr).toBe(1);
  expect(result.stderr).toContain("PROG-0 (extra)");
  expect(await differencesIn("programmes")).toContain("extra,PROG-0,");
});

it("validate finds a swap that leaves all counts and sums as they were", async () => {
  const swap = `UPDATE beneficiaries a SET beneficiary_name = b.beneficiary_name FROM beneficiaries b
    WHERE (a.legacy_id, b.legacy_id) IN ((50, 51), (51, 50))`;
  await plant(swap, swap);
  const swapped = await relief.target.query("SELECT id FROM beneficiaries WHERE legacy_id IN (50, 51)");

  const result = await relief.stage("validate", "beneficiaries");

  expect(result.exitCode, result.stderr).toBe(1);
  for (const { id } of swapped)
    expect(await differencesIn("beneficiaries")).toContain(`changed,${id},beneficiary_name,`);
});

it("validate passes again once the target is as it was", async () => {
  const result = await relief.stage("validate");

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
});
