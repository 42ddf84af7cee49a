import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { snapshotOf } from "../stages/stage-files.js";
import type { TestDatabase } from "../support/postgres.js";
import { createMigrated, createRegistry, createRelief, type Relief, versionsOf } from "./migrated.js";

let source: TestDatabase;
beforeAll(async () => {
  source = await createRegistry();
});
afterAll(() => source.drop());

const strict = (text: string) => text.replace("max_percent: 0.5", "max_percent: 0");

async function ready(create: (source: TestDatabase) => Promise<Relief>): Promise<Relief> {
  const relief = await create(source);
  onTestFinished(relief.remove);
  return relief;
}

it("a transform that said no says no again when it is skipped, and load puts nothing into the target", async () => {
  const relief = await ready(createRelief);
  await relief.rewrite("migration.yaml", strict);
  await relief.stage("extract");

  const first = await relief.stage("transform", "programmes", "beneficiaries");
  const before = await snapshotOf(relief.file("transform"));
  const second = await relief.stage("transform", "programmes", "beneficiaries");
  const loaded = await relief.stage("load", "programmes", "beneficiaries");

  expect(first.exitCode, first.stderr).toBe(1);
  expect(second).toMatchObject({ exitCode: 1, stdout: first.stdout });
  expect(second.stderr).toContain("transform beneficiaries: up to date");
  expect(second.stderr).toContain("max_percent");
  expect(await snapshotOf(relief.file("transform"))).toEqual(before);
  expect(loaded).toMatchObject({ exitCode: 1, stdout: "" });
  expect(await versionsOf(relief)).toEqual({});
});

it("the driver stops at the stage that says no, and passes on its 1", async () => {
  const relief = await ready(createRelief);
  await relief.rewrite("migration.yaml", strict);

  const results = [await relief.migrate(), await relief.migrate()];
  const twin = await relief.stage("run");

  for (const { exitCode, stderr } of [...results, twin]) {
    expect(exitCode, stderr).toBe(1);
    expect(stderr).not.toMatch(/^(load|validate) /m);
  }
});

it("a changed rule runs that table's transform and load again, and its children's, and nothing of extract", async () => {
  const relief = await ready(createMigrated);
  const extracted = await snapshotOf(relief.file("extract"));
  const programmes = await snapshotOf(relief.file("transform/programmes"));
  await relief.rewrite("beneficiaries.yaml", (text) => text.replace("otherwise: UNKNOWN", "otherwise: NOWHERE"));

  const result = await relief.migrate();

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  for (const name of ["programmes", "beneficiaries", "distributions"])
    expect(result.stderr).toContain(`extract ${name}: up to date`);
  for (const stage of ["transform", "load"]) {
    expect(result.stderr).toContain(`${stage} programmes: up to date`);
    expect(result.stderr).not.toContain(`${stage} beneficiaries: up to date`);
  }
  expect(await snapshotOf(relief.file("extract"))).toEqual(extracted);
  expect(await snapshotOf(relief.file("transform/programmes"))).toEqual(programmes);
  expect(await relief.target.count("beneficiaries WHERE location_code = 'UNKNOWN'")).toBe(0);
  expect(await relief.target.count("beneficiaries WHERE location_code = 'NOWHERE'")).toBeGreaterThan(0);
});

it("a parent's change that moves other rows is followed by its children", async () => {
  const relief = await ready(createMigrated);
  const before = await relief.target.count("distributions");
  await relief.rewrite("migration.yaml", (text) => text.replace("max_percent: 0.5", "max_percent: 50"));
  await relief.rewrite("beneficiaries.yaml", (text) =>
    text.replace("reject:\n", "reject:\n  - { when: id LIKE '%0', reason: every tenth }\n"),
  );

  const result = await relief.migrate();

  const wanted = await source.count(
    "distributions d WHERE d.beneficiary_id IN (SELECT id FROM beneficiaries WHERE beneficiary_name IS NOT NULL AND id % 10 <> 0)",
  );
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(await relief.target.count("distributions")).toBe(wanted);
  expect(wanted).toBeLessThan(before);
});

it("--keep-going goes on with the tables that do not depend on the failed one, and exits as it did", async () => {
  const relief = await ready(createRelief);
  await relief.rewrite("migration.yaml", strict);
  await relief.stage("extract");

  const transformed = await relief.stage("transform", "--keep-going");
  const loaded = await relief.stage("load", "--keep-going");

  expect(transformed.exitCode, transformed.stderr).toBe(66); // distributions were not tried
  expect(transformed.stderr).toContain("distributions: not tried, since beneficiaries failed");
  expect(loaded.exitCode).not.toBe(0);
  expect(await relief.target.count("programmes")).toBe(2);
  expect(await relief.target.count("beneficiaries")).toBe(0);
});
