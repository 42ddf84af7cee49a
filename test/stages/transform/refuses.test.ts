import { readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { writeManifest } from "../../../lib/files/manifest-file.js";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest } from "../../../lib/model/manifest.js";
import { manifestIn, snapshotOf } from "../stage-files.js";
import { columnsNamed } from "./extracted.js";
import { readMapped, transformFolder } from "./mapped.js";
import { peopleOf, type Ready, readyToMap, towns, townsAndPeople } from "./ready.js";

const ready = () => readyToMap({ files: townsAndPeople, extracts: { towns, people: peopleOf(2500) } });

it("transform names the command that is to be run first when an extract is missing", async () => {
  const { run, work, migration } = await ready();
  await rm(join(work, "extract/people/manifest.json"));

  const { exitCode, stderr } = await run("people");

  expect(exitCode).toBe(66);
  expect(stderr).toContain("extract/people/manifest.json is not there");
  expect(stderr).toContain(`waybill extract people -m ${migration} -w ${work}`);
});

it("transform names the command that is to be run first when a parent is missing", async () => {
  const { run } = await ready();

  const { exitCode, stderr } = await run("people");

  expect(exitCode).toBe(66);
  expect(stderr).toContain("waybill transform towns");
});

const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  ["with a flipped byte", flipByte],
  ["that is cut short", (path) => truncate(path, 100)],
  ["that is gone", (path) => rm(path)],
];

it.each(damages)("transform refuses a part %s, and leaves the earlier result alone", async (_, damage) => {
  const { run, work } = await ready();
  await run();
  const before = await snapshotOf(transformFolder(work, "people"));
  await damage(join(work, "extract/people/part-00001.csv.gz"));

  const { exitCode, stderr } = await run("people", "--force");

  expect(exitCode).toBe(65);
  expect(stderr).toContain("extract/people/part-00001.csv.gz");
  expect(stderr).toContain("waybill extract people --force");
  expect(await snapshotOf(transformFolder(work, "people"))).toEqual(before);
});

it.each(["part-00000.csv.gz", "ledger-00000.csv.gz"])(
  "transform refuses a parent whose %s was changed",
  async (file) => {
    const { run, work } = await ready();
    await run("towns");
    await flipByte(join(work, "transform/towns", file));

    const { exitCode, stderr } = await run("people");

    expect(exitCode).toBe(65);
    expect(stderr).toContain(`transform/towns/${file}`);
    expect(stderr).toContain("waybill transform towns --force");
  },
);

it("transform refuses an extract's manifest that was changed", async () => {
  const { run, work } = await ready();
  const path = join(work, "extract/towns/manifest.json");
  await writeFile(path, (await readFile(path, "utf8")).replace('"read": 4', '"read": 5'));

  const { exitCode, stderr } = await run("towns");

  expect(exitCode).toBe(65);
  expect(stderr).toContain("extract/towns/manifest.json: its digest does not match its content");
});

it("transform refuses a changed row even when every hash was made to match", async () => {
  const { run, work } = await ready();
  await forge(work, (text) => text.replace('Person, ""1003""', 'Person, ""1004""'));

  const { exitCode, stderr } = await run();

  expect(exitCode).toBe(65);
  expect(stderr).toContain(
    "extract/people/part-00001.csv.gz: 1 of 1000 rows do not match the checksum the source server computed",
  );
  expect(stderr).toContain("waybill extract people --force");
});

it("transform counts the rows it reads, and refuses a part that holds fewer than promised", async () => {
  const { run, work } = await ready();
  await forge(work, (text) => text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1));

  const { exitCode, stderr } = await run();

  expect(exitCode).toBe(65);
  expect(stderr).toContain("extract/people/part-00001.csv.gz: its manifest promises 1000 rows");
});

it("transform refuses extracts of different snapshots unless it is told that they may be mixed", async () => {
  const { run, extract, work } = await ready();
  await extract("towns", { ...towns, snapshot: "snapshot-2" });

  const refused = await run();
  const allowed = await run("--allow-mixed-snapshots");

  expect(refused.exitCode).toBe(65);
  expect(refused.stderr).toContain("people: what it is made from was read in 2 different snapshots");
  expect(refused.stderr).toContain("--allow-mixed-snapshots");
  expect(allowed.exitCode, allowed.stderr).toBe(0);
  expect((await readMapped(work, "people")).manifest._waybill.snapshots).toHaveLength(2);
});

const failures: readonly (readonly [string, string, string])[] = [
  ["a cast", "CAST(name AS INTEGER)", "Conversion Error"],
  ["a number that is too large", "CAST(CAST(size AS BIGINT) AS SMALLINT)", "Conversion Error"],
  ["an overflow", "CAST(size AS INTEGER) * 1000000", "Out of Range Error"],
  ["an error of its own", "error(name)", "Invalid Input Error"],
];

it.each(failures)("transform says which rule failed by %s, and shows no value of the data", async (_, rule, kind) => {
  const { run } = await secretRows({ "rows.yaml": `table: rows\ncolumns:\n  id: id\n  wrong: { sql: "${rule}" }\n` });

  const { exitCode, stderr } = await run();

  expect(exitCode).toBe(78);
  expect(stderr).toContain(
    `rows.yaml: columns.wrong, at part-00000.csv.gz: the mapping's SQL failed on a row: ${kind}`,
  );
  expect(stderr).toContain("TRY_CAST");
  expect(stderr).not.toMatch(/Ada|Lovelace|70007/);
});

it.each([
  ["(abc", "missing ): (abc"],
  ["[b-a]", "invalid character class range: b-a"],
  ["a{2000}", "invalid repetition size: {2000}"],
])("transform says which rule has the pattern %s that is none, before it reads a row", async (pattern, fault) => {
  const { run } = await secretRows({
    "rows.yaml": `table: rows\ncolumns:\n  id: id\n  name: { replace: { pattern: "${pattern}", with: x } }\n`,
  });

  const { exitCode, stderr } = await run();

  expect(exitCode).toBe(78);
  expect(stderr).toContain(`rows.yaml:4: name.replace: pattern "${pattern}": ${fault}\n`);
  expect(stderr).toContain("RE2");
});

it("transform says which name a rule does not know", async () => {
  const { run } = await secretRows({
    "rows.yaml": "table: rows\nfilter: [{ keep: id <> '9' }, { keep: nmae IS NOT NULL }]\ncolumns: all\n",
  });

  const { exitCode, stderr } = await run();

  expect(exitCode).toBe(78);
  expect(stderr).toContain("rows.yaml: filter[1]");
  expect(stderr).toContain('"nmae" not found');
});

it("transform leaves the earlier result alone when the mapping names a column that is not there", async () => {
  const { run, write, work } = await ready();
  await run();
  const before = await snapshotOf(transformFolder(work, "towns"));
  await write("towns.yaml", "table: towns\ncolumns:\n  id: idd\n");

  const { exitCode, stderr } = await run("towns");

  expect(exitCode).toBe(78);
  expect(stderr).toContain('has no column "idd"; did you mean "id"?');
  expect(await snapshotOf(transformFolder(work, "towns"))).toEqual(before);
});

it("transform leaves no draft and no plain text behind when a row makes it fail", async () => {
  const { run, work } = await secretRows({
    "rows.yaml": 'table: rows\ncolumns:\n  id: id\n  wrong: { sql: "CAST(name AS INTEGER)" }\n',
  });

  await run();

  const left = Object.keys(await snapshotOf(join(work, "transform")));
  expect(left).toEqual([]);
});

function secretRows(files: Readonly<Record<string, string>>): Promise<Ready> {
  return readyToMap({
    files: { "migration.yaml": "migration: TEST-1\nextracts:\n  rows: { key: [id] }\n", ...files },
    extracts: {
      rows: {
        columns: columnsNamed(["id", "name", "size"]),
        rows: [["1", "Ada Lovelace", "70007"]],
        key: ["id"],
      },
    },
  });
}

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** Changes a part and every hash that vouches for it, as somebody could who does not hold the source server. */
async function forge(work: string, change: (text: string) => string): Promise<void> {
  const folder = join(work, "extract/people");
  const path = join(folder, "part-00001.csv.gz");
  const text = change(gunzipSync(await readFile(path)).toString("utf8"));
  const bytes = gzipSync(text);
  await writeFile(`${path}.new`, bytes);
  await rename(`${path}.new`, path);
  const { resources, _waybill: statement } = await manifestIn(folder);
  const body = text.slice(text.indexOf("\n") + 1);
  const forged = resources.map((resource) =>
    resource.path === "part-00001.csv.gz"
      ? { ...resource, bytes: bytes.length, hash: sha256(bytes), _contentHash: sha256(body) }
      : resource,
  );
  await writeManifest(folder, buildManifest(forged, statement));
}
