import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseRows } from "../../../lib/files/csv-rows.js";
import type { TestDatabase } from "../../support/postgres.js";
import { type Ready, readyToLoad } from "../load/loading.js";

const confirm = ["--confirm", "M-1"];

/** Rows of others, and what else a table has: rights, comments, triggers. */
const inhabited = `
  INSERT INTO towns VALUES (7, 'Riga'), (8, 'Oslo');
  INSERT INTO people (id, name, town) VALUES (70, 'Ada', 7), (71, NULL, 8);
  COMMENT ON TABLE people IS 'who lives where';
  GRANT SELECT ON people TO PUBLIC; GRANT UPDATE (name) ON people TO PUBLIC;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := upper(NEW.name); RETURN NEW; END';
  CREATE TRIGGER shouting BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE people DISABLE TRIGGER shouting;
  CREATE TRIGGER always BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.id > 50) EXECUTE FUNCTION touch();
  ALTER TABLE people ENABLE ALWAYS TRIGGER always`;

/** Everything of the tables that a load may change: equal before and after means that nothing of it is left. */
async function everythingOf(target: TestDatabase): Promise<object> {
  return {
    towns: await target.query("SELECT * FROM towns ORDER BY id"),
    people: await target.query("SELECT * FROM people ORDER BY id"),
    indexes: await target.query("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"),
    constraints: await target.query(
      `SELECT conname, pg_get_constraintdef(oid) AS definition, convalidated FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace ORDER BY 1`,
    ),
    triggers: await target.query("SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"),
    rights: await target.query(
      `SELECT relname, relacl::text, obj_description(oid) AS comment FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1`,
    ),
    columns: await target.query(
      `SELECT attrelid::regclass::text AS table, attname, attacl::text, attidentity, attgenerated, attnotnull FROM pg_attribute
       WHERE attrelid IN ('towns'::regclass, 'people'::regclass) AND attnum > 0 ORDER BY 1, attnum`,
    ),
    feeds: await target.query("SELECT pg_get_serial_sequence('people', 'id') AS sequence"),
    kept: await target.query("SELECT relname FROM pg_class WHERE relname LIKE 'previous%' OR relname LIKE 'next%'"),
  };
}

const states = (target: TestDatabase) =>
  target.query("SELECT table_name AS table, state FROM waybill.generations ORDER BY table_name, number");

async function changeMapping(ready: Ready): Promise<void> {
  await ready.rewrite("people.yaml", (text) => text.replace("name: name", "name: { from: name, upper: true }"));
  expect(await ready.stage("transform")).toMatchObject({ exitCode: 0 });
}

describe("rollback", () => {
  it("brings the rows of others back that a load replaced, with everything about the tables", async () => {
    const ready = await readyToLoad({ targetSql: inhabited });
    const before = await everythingOf(ready.target);
    expect(await ready.stage("load", ...confirm)).toMatchObject({ exitCode: 0 });

    const result = await ready.stage("rollback", ...confirm);

    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toMatch(
      /rollback people: 10 rows went, 2 rows came back, checksum [0-9a-f]{8}… as it was; it holds 2 now/,
    );
    expect(await everythingOf(ready.target)).toEqual(before);
  });

  it("leaves tables empty that were empty, and has nothing to do a second time", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");

    const first = await ready.stage("rollback", ...confirm);
    const manifest = await readFile(ready.file("rollback", "people", "manifest.json"), "utf8");
    const second = await ready.stage("rollback", ...confirm);

    expect(first).toMatchObject({ exitCode: 0 });
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(second.stderr).toContain("rollback people: already rolled back");
    expect(await readFile(ready.file("rollback", "people", "manifest.json"), "utf8")).toBe(manifest);
    expect(JSON.parse(manifest)._waybill).toMatchObject({
      counts: { before: 10, removed: 10, restored: 0, after: 0, written: 0, gone: 0, saved: 0 },
      details: { mode: "replace" },
    });
    expect(await ready.target.count("people")).toBe(0);
    expect(await states(ready.target)).toEqual([
      { table: "public.people", state: "taken back" },
      { table: "public.towns", state: "taken back" },
    ]);
  });

  it("goes one step back and never two, and what was loaded before is loaded again", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const before = await everythingOf(ready.target);
    await changeMapping(ready);
    await ready.stage("load");
    const names = () => ready.target.query("SELECT id, name FROM people ORDER BY id");
    const after = await names();

    const results = [
      await ready.stage("rollback", "people", ...confirm),
      await ready.stage("rollback", "people", ...confirm),
    ];
    const now = await everythingOf(ready.target);
    const status = await ready.stage("status");
    const validate = await ready.stage("validate");
    const again = await ready.stage("load");

    expect(results).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    expect(now).toEqual(before);
    expect(status.stdout).toMatch(/load +people +missing +it was rolled back/);
    expect(validate).toMatchObject({ exitCode: 66, stderr: expect.stringContaining("waybill load people") });
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.stderr).toContain("load people: loaded again (it was rolled back)");
    expect(await names()).toEqual(after);
    expect(await ready.stage("validate")).toMatchObject({ exitCode: 0 });
  });

  it("refuses rows that others changed, added or deleted, naming how many and the first keys", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    await ready.target.query(
      "UPDATE people SET name = 'Eve' WHERE id = 3; INSERT INTO people (name, town) VALUES ('Joe', 1); DELETE FROM people WHERE id = 5",
    );
    const before = await everythingOf(ready.target);

    const refused = await ready.stage("rollback", ...confirm);
    const rehearsed = await ready.stage("rollback", "--dry-run");

    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toContain(
      "people: since it was loaded, 2 rows were changed or added (id: 3; 11), and 2 rows were changed or deleted; nothing was taken back",
    );
    expect(refused.stderr).toContain("--save-changes");
    expect(rehearsed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("it would be refused") });
    expect(await everythingOf(ready.target)).toEqual(before);
  });

  it("saves rows that others changed before it takes them too, and never overwrites what it saved", async () => {
    const ready = await readyToLoad();
    const change = () =>
      ready.target.query(
        "UPDATE people SET name = 'Eve, \"the\n2nd\"' WHERE id = 3; INSERT INTO people (id, name, town) VALUES (11, NULL, 1)",
      );
    await ready.stage("load");
    await change();

    const first = await ready.stage("rollback", ...confirm, "--save-changes");
    await ready.stage("load");
    await change();
    const second = await ready.stage("rollback", ...confirm, "--save-changes");

    expect([first, second]).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
    const rowsOf = async (name: string) => {
      const text = gunzipSync(await readFile(ready.file("rollback", "people", name))).toString();
      return parseRows(text).map((row) => row.slice(0, 4));
    };
    for (const name of ["changes.csv.gz", "changes-2.csv.gz"])
      expect(await rowsOf(name)).toEqual([
        ["_change", "id", "name", "town"],
        ["written", "3", 'Eve, "the\n2nd"', "2"],
        ["written", "11", null, "1"],
      ]);
    const { resources, _waybill } = JSON.parse(
      await readFile(ready.file("rollback", "people", "manifest.json"), "utf8"),
    );
    expect(resources.map(({ path }: { path: string }) => path)).toEqual(["changes.csv.gz", "changes-2.csv.gz"]);
    expect(_waybill.counts).toMatchObject({ before: 11, after: 0, written: 2, gone: 1, saved: 2 });
    expect(await ready.target.count("people")).toBe(0);
  });

  it("takes no row for changed because the table was vacuumed, in any way", async () => {
    const ready = await readyToLoad({ people: 1000 });
    await ready.stage("load");
    await changeMapping(ready);
    await ready.stage("load");
    for (const sql of ["VACUUM FREEZE", "VACUUM FULL", "CLUSTER people USING people_pkey", "VACUUM FREEZE people"])
      await ready.target.query(sql);

    expect(await ready.stage("rollback", "people", ...confirm)).toMatchObject({ exitCode: 0 });

    expect(await ready.target.query("SELECT name FROM people WHERE id = 4")).toEqual([{ name: 'Léa, "the\n2nd"' }]);
  });

  it("refuses to take a parent back while rows refer to what would go, and says how", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const before = await everythingOf(ready.target);

    const refused = await ready.stage("rollback", "towns", ...confirm);

    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toContain(
      "public.people: 10 rows refer to rows that public.towns would not hold any more (foreign key people_town_fkey); nothing was taken back",
    );
    expect(await everythingOf(ready.target)).toEqual(before);
    expect(await ready.stage("rollback", "people", ...confirm)).toMatchObject({ exitCode: 0 });
    expect(await ready.stage("rollback", "towns", ...confirm)).toMatchObject({ exitCode: 0 });
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("does nothing without the migration's id, and nothing in a dry run", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const before = await everythingOf(ready.target);

    const unconfirmed = await ready.stage("rollback");
    const wrong = await ready.stage("rollback", "--confirm", "M-2");
    const rehearsed = await ready.stage("rollback", "--dry-run");

    expect(unconfirmed).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--confirm M-1") });
    expect(wrong).toMatchObject({ exitCode: 64 });
    expect(rehearsed).toMatchObject({ exitCode: 0, stdout: "" });
    expect(rehearsed.stderr).toContain(
      "rollback people: the load of 10 rows would be taken back; the table was empty before",
    );
    expect(await everythingOf(ready.target)).toEqual(before);
    expect(await states(ready.target)).toMatchObject([{ state: "live" }, { state: "live" }]);
  });

  it("has nothing to take back where nothing was loaded", async () => {
    const ready = await readyToLoad();

    expect(await ready.stage("rollback", ...confirm)).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: expect.stringContaining("rollback people: nothing was loaded that could be taken back"),
    });
  });

  it("refuses a load on which a unit lies, naming it", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    await ready.target.query("UPDATE people SET name = 'x' WHERE id = 4");
    for (const stage of ["extract", "transform", "load"])
      expect(await ready.stage(stage, "people", "--key", "4")).toMatchObject({ exitCode: 0 });

    const refused = await ready.stage("rollback", ...confirm);

    expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
    expect(refused.stderr).toContain("people: loaded since: unit:people-4 of M-1");
  });
});
