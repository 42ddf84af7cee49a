import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBody } from "../../../lib/files/csv-rows.js";
import { snapshotOf } from "../stage-files.js";
import { type Ready, readyToLoad } from "./loading.js";

const peopleYaml = (load: string) =>
  "table: people\nfrom: people\ncolumns:\n  id: id\n  name: name\n  town: town\n" +
  `expect:\n  - relationships: { column: town, to: towns.id }\n  - aggregate: { group: [town], measures: [count] }\n${load}`;
const towns = "table: towns\nfrom: towns\ncolumns:\n  id: id\n  name: name\nload: { mode: upsert }\n";
const files = (mode: string) => ({ "towns.yaml": towns, "people.yaml": peopleYaml(`load: { mode: ${mode} }\n`) });
const others =
  "INSERT INTO towns VALUES (2, 'Bath (Somerset)'), (9, 'Oslo'); INSERT INTO people VALUES (900, 'not ours', 9), (901, NULL, 9)";

const countsOf = async (ready: Ready, stage: string, table: string) =>
  JSON.parse(await readFile(ready.file(stage, table, "manifest.json"), "utf8"))._waybill;
const undoOf = async (ready: Ready, table: string) =>
  (await readdir(join(ready.work, "load", table))).filter((name) => name.startsWith("undo"));

describe("mode: upsert", () => {
  it("leaves rows of others alone, is proved by validate, and is up to date the second time", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });

    const loaded = await ready.stage("load");
    const again = await ready.stage("load");
    const validated = await ready.stage("validate");
    const status = await ready.stage("status");

    expect(loaded, loaded.stderr).toMatchObject({ exitCode: 0 });
    expect(loaded.stderr).toContain("load towns: 1 inserted, 1 updated, 0 unchanged");
    expect(again.stderr).toContain("load people: up to date");
    expect(await ready.target.count("people WHERE id >= 900")).toBe(2);
    expect(validated, validated.stderr).toMatchObject({ exitCode: 0 });
    expect(status.stdout).toMatch(/load +people +done +10/);
    const { counts, details } = await countsOf(ready, "load", "people");
    expect(counts).toEqual({
      ...{ before: 2, inserted: 10, updated: 0, unchanged: 0 },
      ...{ written: 10, loaded: 10, quarantined: 0, target: 12 },
    });
    expect(details).toMatchObject({ mode: "upsert", way: "merge" });
    const { details: found } = await countsOf(ready, "validate", "people");
    expect(found.checks).toContainEqual({
      ...{ name: "all rows in the target, now and when it was loaded", expected: 12, actual: 12, verdict: "passed" },
      note: "2 rows of others beside ours",
    });
  });

  it("of a new transform goes on top, and keeps what it changed as it was", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
    await ready.stage("load");
    await ready.rewrite("people.yaml", (text) => text.replace("name: name", "name: { from: name, upper: true }"));
    await ready.stage("transform");

    const loaded = await ready.stage("load");

    expect(loaded.stderr).toContain("load people: loaded again (the target holds the rows of another transform)");
    expect(loaded.stderr).toMatch(/load people: 0 inserted, [1-9]\d* updated, \d+ unchanged/);
    const undo = await undoOf(ready, "people");
    expect(undo).toHaveLength(1);
    const rows = [];
    for await (const row of readBody(ready.file("load", "people", undo[0] ?? ""))) rows.push(row);
    expect(rows).toContainEqual([
      "updated",
      expect.stringMatching(/^[0-9a-f]{32}$/),
      "4",
      'Léa, "the\n2nd"',
      "1",
      expect.anything(),
    ]);
    expect(
      await ready.target.query("SELECT state FROM waybill.generations WHERE table_name = 'public.people'"),
    ).toEqual([{ state: "live" }, { state: "live" }]);
    expect(await ready.stage("validate")).toMatchObject({ exitCode: 0 });
  });

  it("lists what it kept also where it was killed before it could say so, and forgets what the load before kept", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
    await ready.stage("load");
    const [older] = await undoOf(ready, "people");
    const olderBytes = await readFile(ready.file("load", "people", older ?? ""));
    await ready.rewrite("people.yaml", (text) => text.replace("name: name", "name: { from: name, upper: true }"));
    await ready.stage("transform");
    await ready.stage("load");
    const manifest = await readFile(ready.file("load", "people", "manifest.json"), "utf8");
    const kept = await undoOf(ready, "people");
    await rm(ready.file("load", "people", "manifest.json"));
    await writeFile(ready.file("load", "people", older ?? ""), olderBytes);

    const again = await ready.stage("load");

    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("stand in the target already") });
    expect(await readFile(ready.file("load", "people", "manifest.json"), "utf8")).toBe(manifest);
    expect(await undoOf(ready, "people")).toEqual(kept);
    expect(kept).not.toEqual([older]);
  });

  it("says so where the file to go back with is lost, and finishes all the same", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
    await ready.stage("load");
    const [kept] = await undoOf(ready, "people");
    for (const name of ["manifest.json", kept ?? ""]) await rm(ready.file("load", "people", name));

    const again = await ready.stage("load");

    expect(again).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("is not there any more: this load cannot be taken back"),
    });
  });

  it("--force of what the target holds already changes no row, and keeps the file to go back with", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
    await ready.stage("load");
    const before = [
      await undoOf(ready, "people"),
      await ready.target.query("SELECT ctid, xmin FROM people ORDER BY id"),
    ];

    const forced = await ready.stage("load", "--force");

    expect(forced.stderr).toContain("load people: 0 inserted, 0 updated, 10 unchanged");
    expect([
      await undoOf(ready, "people"),
      await ready.target.query("SELECT ctid, xmin FROM people ORDER BY id"),
    ]).toEqual(before);
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
  });

  it("--force keeps the file to go back with where rows are quarantined too", async () => {
    const ready = await readyToLoad({
      files: files("upsert, on_reject: quarantine"),
      targetSql: `${others}; ALTER TABLE people ADD CHECK (id <> 3)`,
    });
    await ready.stage("load");
    const before = await undoOf(ready, "people");

    const forced = await ready.stage("load", "--force");

    expect(forced.stderr).toContain("load people: 0 inserted, 0 updated, 9 unchanged");
    expect(before).toHaveLength(1);
    expect(await undoOf(ready, "people")).toEqual(before);
  });

  it("rows that others add or take away since are said and no failure; one of ours that is gone is one", async () => {
    const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
    await ready.stage("load");
    await ready.target.query("INSERT INTO people VALUES (950, 'later', 9), (951, 'later', 9)");

    const more = await ready.stage("validate");
    const upToDate = await ready.stage("load");
    await ready.target.query("DELETE FROM people WHERE id = 7");
    const gone = await ready.stage("validate");

    expect(more, more.stderr).toMatchObject({ exitCode: 0 });
    expect(more.stderr).toContain("4 rows of others beside ours");
    expect(upToDate.stderr).toContain("load people: up to date");
    expect(gone).toMatchObject({ exitCode: 1 });
    expect(gone.stderr).toContain("7 (missing)");
  });
});

describe("mode: insert", () => {
  it("adds rows beside those of others, proved by validate; --force is refused and leaves its files as they were", async () => {
    const ready = await readyToLoad({ files: files("insert"), targetSql: others });

    const loaded = await ready.stage("load");

    expect(loaded, loaded.stderr).toMatchObject({ exitCode: 0 });
    expect(loaded.stderr).toContain("load people: 10 inserted, 0 updated, 0 unchanged");
    const left = await snapshotOf(ready.file("load", "people", ""));
    const forced = await ready.stage("load", "people", "--force");
    expect(forced).toMatchObject({ exitCode: 65, stdout: "" });
    expect(await snapshotOf(ready.file("load", "people", ""))).toEqual(left);
    expect((await ready.stage("load")).stderr).toContain("load people: up to date");
    expect(await ready.stage("validate")).toMatchObject({ exitCode: 0 });
  });

  it("refuses keys that are there already with 65, naming the first of them, and writes nothing", async () => {
    const ready = await readyToLoad({
      files: files("insert"),
      targetSql: `${others}, (8, 'there', 9), (5, 'there', 9)`,
    });

    const refused = await ready.stage("load", "people");

    expect(refused).toMatchObject({ exitCode: 65, stdout: "" });
    expect(refused.stderr).toContain("people: 2 of its keys are in public.people already, the first of them 5;");
    expect(await ready.target.count("people")).toBe(4);
  });

  it("shows the hash of a key that is personal data", async () => {
    const yaml = peopleYaml("load: { mode: insert }\n").replace("id: id", "id: { from: id, pii: true }");
    const ready = await readyToLoad({
      files: { ...files("insert"), "people.yaml": yaml },
      targetSql: `${others}, (5, 'there', 9)`,
    });

    const refused = await ready.stage("load", "people");

    expect(refused.stderr).toMatch(/the first of them sha256:[0-9a-f]{16};/);
  });
});

it("another mode makes no transform stale: rows that are there stay, but none of others beside those of mode: replace", async () => {
  const ready = await readyToLoad({ files: files("upsert"), targetSql: others });
  await ready.stage("load");
  await ready.rewrite("people.yaml", (text) => text.replace("mode: upsert", "mode: replace"));

  const refused = await ready.stage("load");
  const replaced = await ready.stage("load", "--confirm", "M-1");
  await ready.rewrite("people.yaml", (text) => text.replace("mode: replace", "mode: insert"));
  const inserts = await ready.stage("load");

  expect(refused).toMatchObject({ exitCode: 65 });
  expect(refused.stderr).toContain("public.people holds 12 rows, but M-1 loaded 10 of them");
  expect(replaced, replaced.stderr).toMatchObject({ exitCode: 0 });
  expect(replaced.stderr).toContain(
    "load people: loaded again (it replaces all rows now, and 2 of others were left beside its own)",
  );
  expect(inserts).toMatchObject({ exitCode: 0 });
  expect(inserts.stderr).toContain("load people: its 10 rows stand in the target already");
  expect(await ready.target.count("people")).toBe(10);
});

it("modes upsert and insert of a table without a key that is kept unique exit 78 and name the cure", async () => {
  const ready = await readyToLoad({
    files: files("upsert"),
    targetSql: "ALTER TABLE people DROP CONSTRAINT people_pkey",
  });

  const refused = await ready.stage("load");

  expect(refused).toMatchObject({ exitCode: 78, stdout: "" });
  expect(refused.stderr).toContain("public.people has no primary key to tell its rows apart by");
});
