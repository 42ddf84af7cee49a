import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { snapshotOf } from "../stages/stage-files.js";
import type { TestDatabase } from "../support/postgres.js";
import { createMigrated, createRegistry, type Relief, versionsOf } from "./migrated.js";

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

const damages = {
  "with one byte flipped": async (path: string) => {
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(path, bytes);
  },
  deleted: (path: string) => rm(path),
} as const;

/** A file, who reads it next, and the command that makes it again. */
const files = [
  ["extract/beneficiaries/part-00000.csv.gz", "transform", "extract beneficiaries"],
  ["extract/programmes/part-00000.csv.gz", "transform", "extract programmes"],
  ["transform/beneficiaries/part-00000.csv.gz", "load", "transform beneficiaries"],
  ["transform/distributions/part-00000.csv.gz", "load", "transform distributions"],
  ["extract/beneficiaries/part-00000.csv.gz", "validate", "extract beneficiaries"],
  ["transform/beneficiaries/part-00000.csv.gz", "validate", "transform beneficiaries"],
  ["transform/beneficiaries/ledger-00000.csv.gz", "validate", "transform beneficiaries"],
  ["transform/beneficiaries/rejects.csv.gz", "validate", "transform beneficiaries"],
  ["transform/beneficiaries/changes.csv.gz", "validate", "transform beneficiaries"],
  ["load/distributions/commits.csv.gz", "validate", "load distributions"],
] as const;

const cases = files.flatMap(([file, reader, writer]) => {
  const [table = ""] = writer.split(" ").slice(1);
  const ways = reader === "validate" ? [reader] : [reader, `${reader} --force`];
  return Object.entries(damages).flatMap(([damage, harm]) =>
    ways.map((way) => [way, file, damage, { table, writer, harm }] as const),
  );
});

it.each(cases)(
  "%s sees %s %s: exits 65, says what to run, and changes nothing",
  async (way, file, _, { table, writer, harm }) => {
    const path = relief.file(file);
    const whole = await readFile(path);
    const rows = await versionsOf(relief);
    await harm(path);
    const before = await filesOf(relief);

    const [stage = "", ...options] = way.split(" ");
    const result = await relief.stage(stage, table, ...options);
    const after = await filesOf(relief);
    await writeFile(path, whole);

    expect(result.exitCode, result.stderr).toBe(65);
    expect(result.stderr).toContain(path);
    expect(result.stderr).toContain(`waybill ${writer} --force`);
    expect(changesBetween(before, after)).toEqual([]);
    expect(await versionsOf(relief)).toEqual(rows);
  },
);

it("a manifest with one digit changed is refused by whoever reads it", async () => {
  const path = relief.file("transform/beneficiaries/manifest.json");
  const whole = await readFile(path, "utf8");
  const rows = await versionsOf(relief);
  await writeFile(
    path,
    whole.replace(/"written": (\d+)/, (_, count) => `"written": ${Number(count) + 1}`),
  );

  const results = [await relief.stage("load"), await relief.stage("validate")];
  await writeFile(path, whole);

  for (const { exitCode, stderr } of results) {
    expect(exitCode, stderr).toBe(65);
    expect(stderr).toContain(path);
  }
  expect(await versionsOf(relief)).toEqual(rows);
});

it("what the message says to run mends it", async () => {
  const path = relief.file("extract/beneficiaries/part-00000.csv.gz");
  const whole = await readFile(path);
  await damages["with one byte flipped"](path);

  const mended = await relief.stage("extract", "beneficiaries", "--force");

  expect(mended, mended.stderr).toMatchObject({ exitCode: 0 });
  expect(await readFile(path)).toEqual(whole);
});

type Files = Readonly<Record<string, string>>;

/** Everything in the work directory but the log, which also tells of failures. */
async function filesOf({ work }: Relief): Promise<Files> {
  const { [join(work, "log.jsonl")]: _, ...files } = await snapshotOf(work);
  return files;
}

function changesBetween(before: Files, after: Files): readonly string[] {
  return Object.keys({ ...before, ...after }).filter((path) => before[path] !== after[path]);
}
