import { readFile, rm } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { snapshotOf } from "../stage-files.js";
import { type Ready, readyToLoad } from "./loading.js";

const quarantine = "load: { on_reject: quarantine }\n";
const towns = `table: towns\nfrom: towns\ncolumns:\n  id: id\n  name: name\n${quarantine}`;
const people =
  "table: people\nfrom: people\ncolumns:\n  id: id\n  name: name\n  town: town\n" +
  "expect:\n  - relationships: { column: town, to: towns.id }\n";

const picky = "ALTER TABLE people ADD CONSTRAINT early CHECK (id < 9)";

async function rejectsOf(ready: Ready, table: string): Promise<readonly string[]> {
  const text = gunzipSync(await readFile(ready.file("load", table, "rejects.csv.gz"))).toString();
  return text.trimEnd().split("\n");
}

const filesOf = (ready: Ready) => snapshotOf(ready.file("load", "people", ""));

async function countsOf(ready: Ready, table: string): Promise<object> {
  return JSON.parse(await readFile(ready.file("load", table, "manifest.json"), "utf8"))._waybill.counts;
}

describe("on_reject: quarantine", () => {
  it("puts refused rows aside with the server's message, loads the others, and every stage says so", async () => {
    const ready = await readyToLoad({ people: 10, files: { "people.yaml": people + quarantine }, targetSql: picky });

    const load = await ready.stage("load");
    const validate = await ready.stage("validate");
    const inspect = await ready.stage("inspect", "people", "--quarantined", "--format", "json");
    const status = await ready.stage("status");

    expect(load).toMatchObject({ exitCode: 0 });
    expect(load.stderr).toContain(
      "load people: the database refuses rows (early (23514) is the first): looking for each of them",
    );
    expect(load.stderr).toContain("people: 2 rows were quarantined: 2 by early (23514)");
    expect(load.stderr).toMatch(/load people: 8 rows in 1 part, by a swap, 2 quarantined, \d/);
    const [header, first] = await rejectsOf(ready, "people");
    expect(header).toBe("_part,_row,_key,_code,_constraint,_message,id,name,town");
    expect(first).toContain('part-00000.csv.gz,9,9,23514,early,"new row for relation ""people"" violates check');
    expect(await countsOf(ready, "people")).toMatchObject({ written: 10, loaded: 8, quarantined: 2, target: 8 });
    expect(validate).toMatchObject({ exitCode: 0 });
    expect(validate.stderr).toContain("validate people: passed, all 8 rows equal, 2 quarantined, PASS=");
    expect(validate.stderr).toContain("people: warned: rows quarantined by the target: expected 0, found 2");
    expect(inspect.stdout.trim().split("\n")).toHaveLength(2);
    expect(status.stdout).toMatch(/load +people +done +8 +2 rows are quarantined/);
  });

  it("does not try them again until something changes", async () => {
    const ready = await readyToLoad({ people: 10, files: { "people.yaml": people + quarantine }, targetSql: picky });
    await ready.stage("load");
    await ready.target.query("ALTER TABLE people DROP CONSTRAINT early");

    const again = await ready.stage("load");
    const forced = await ready.stage("load", "--force");

    expect(again).toMatchObject({ exitCode: 0, stderr: "load towns: up to date\nload people: up to date\n" });
    expect(forced).toMatchObject({ exitCode: 0 });
    expect(await countsOf(ready, "people")).toMatchObject({ loaded: 10, quarantined: 0, before: 8, target: 10 });
  });

  it("lists them also where a run was cut off before it could say so", async () => {
    const ready = await readyToLoad({ people: 10, files: { "people.yaml": people + quarantine }, targetSql: picky });
    await ready.stage("load");
    const manifest = await readFile(ready.file("load", "people", "manifest.json"), "utf8");
    await rm(ready.file("load", "people", "manifest.json"));

    const recorded = await ready.stage("load");
    const manifestThen = await readFile(ready.file("load", "people", "manifest.json"), "utf8");
    await rm(ready.file("load", "people", "manifest.json"));
    await rm(ready.file("load", "people", "rejects.csv.gz"));
    const again = await ready.stage("load");

    expect(recorded.stderr).toContain("stand in the target already");
    expect(again.stderr).toContain("loaded again (its file of quarantined rows is gone)");
    expect(manifestThen).toBe(manifest);
    expect(await readFile(ready.file("load", "people", "manifest.json"), "utf8")).toContain('"quarantined": 2');
  });

  it("holds the children of a quarantined row back, by the relationship alone", async () => {
    const ready = await readyToLoad({
      people: 10,
      files: { "towns.yaml": towns, "people.yaml": people + quarantine },
      targetSql:
        "ALTER TABLE people DROP CONSTRAINT people_town_fkey; ALTER TABLE towns ADD CONSTRAINT no_b CHECK (name <> 'Bath')",
    });

    const load = await ready.stage("load");
    const validate = await ready.stage("validate");

    expect(load).toMatchObject({ exitCode: 0 });
    const [, first] = await rejectsOf(ready, "people");
    expect(first).toContain("part-00000.csv.gz,1,1,\\N,\\N,its parent towns 2 is quarantined,1,");
    expect(await countsOf(ready, "people")).toMatchObject({ loaded: 5, quarantined: 5 });
    expect(validate).toMatchObject({ exitCode: 0 });
  });

  it("fails a child that may lose no row, naming the cure, and changes nothing of it", async () => {
    const ready = await readyToLoad({
      people: 10,
      files: { "towns.yaml": towns },
      targetSql: "ALTER TABLE towns ADD CONSTRAINT no_b CHECK (name <> 'Bath')",
    });

    const load = await ready.stage("load");

    expect(load).toMatchObject({ exitCode: 1 });
    expect(load.stderr).toContain(
      "people: 5 of its rows refer to rows of towns that are quarantined; nothing of it was loaded",
    );
    expect(load.stderr).toContain("load: { on_reject: quarantine }");
    expect(await ready.target.count("people")).toBe(0);
    expect(await ready.target.count("towns")).toBe(1);
  });

  it("stops with 1 when more is quarantined than is accepted, rejects counted, and changes nothing, no file either", async () => {
    const migration = "migration: M-1\ntitle: Towns\nextracts:\n  towns: {}\n  people: { key: [id] }\n";
    const ready = await readyToLoad({
      people: 10,
      files: {
        "migration.yaml": `${migration}acceptance: { rejected: { max_percent: 20 } }\n`,
        "people.yaml": `${people}reject:\n  - { when: id = 1, reason: the first }\n${quarantine}`,
      },
      targetSql: "ALTER TABLE people ADD CONSTRAINT early CHECK (id < 10)",
    });
    await ready.stage("load");
    const files = await filesOf(ready);
    await ready.target.query(
      "ALTER TABLE people DROP CONSTRAINT early, ADD CONSTRAINT earlier CHECK (id < 9) NOT VALID",
    );

    const load = await ready.stage("load", "people", "--force");

    expect(load).toMatchObject({ exitCode: 1 });
    expect(load.stderr).toContain("people: the database refuses 2 rows at least, and no more than 1 may be put aside");
    expect(load.stderr).toContain("look at them: load/people/refused.csv.gz");
    expect(await ready.target.count("people")).toBe(8);
    expect(await filesOf(ready)).toMatchObject(files);
    expect((await ready.stage("load")).stderr).toContain("load people: up to date");
  });

  it("puts nothing of a unit aside: its row is refused with 1, and nothing is written", async () => {
    const ready = await readyToLoad({ people: 10, files: { "people.yaml": people + quarantine }, targetSql: picky });

    const unit = await ready.stage("run", "people", "--key", "9");

    expect(unit).toMatchObject({ exitCode: 1 });
    expect(unit.stderr).toContain("the target refuses the row: ");
    expect(unit.stderr).toContain("constraint early");
    expect(await ready.target.count("people")).toBe(0);
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("fails by default, and nothing of the table has changed", async () => {
    const ready = await readyToLoad({ people: 10, targetSql: picky });

    const load = await ready.stage("load");

    expect(load).toMatchObject({ exitCode: 65 });
    expect(load.stderr).toContain("constraint early");
    expect(await ready.target.count("people")).toBe(0);
  });
});
