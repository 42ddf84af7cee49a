import { readFile, rm, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../support/postgres.js";
import { snapshotOf } from "../stage-files.js";
import { readyToLoad, versionsOf } from "./loading.js";

describe("load", () => {
  it("puts every row into the target, and says what it committed", async () => {
    const ready = await readyToLoad({ people: 10 });

    const result = await ready.stage("load");

    const manifests = ["towns", "people"].map((table) => `${ready.file("load", table, "manifest.json")}\n`);
    expect(result).toMatchObject({ exitCode: 0, stdout: manifests.join("") });
    expect(result.stderr).toMatch(/load people: 10 rows in 1 part, by a swap, \d+\.\d s/);
    expect(result.stderr).toMatch(/load towns: 2 rows in 1 part, in place \(foreign key people_town_fkey of \S+\), \d/);
    expect(await ready.target.query("SELECT id, name, town FROM people WHERE id IN (4, 5, 6, 7) ORDER BY id")).toEqual([
      { id: "4", name: 'Léa, "the\n2nd"', town: "1" },
      { id: "5", name: "", town: "2" },
      { id: "6", name: "\\N", town: "1" },
      { id: "7", name: null, town: "2" },
    ]);
    const manifest = JSON.parse(await readFile(ready.file("load", "people", "manifest.json"), "utf8"));
    expect(manifest._waybill).toMatchObject({
      stage: "load",
      counts: { written: 10, loaded: 10, quarantined: 0, before: 0, target: 10 },
      inputs: [{ path: "transform/people/manifest.json" }],
    });
    const [line] = await ready.target.query("SELECT * FROM waybill.loads WHERE table_name = 'public.people'");
    const commits = gunzipSync(await readFile(ready.file("load", "people", "commits.csv.gz"))).toString();
    expect(commits).toBe(`part,hash,rows,generation\n${line?.part},${line?.hash},10,${line?.generation}\n`);
  });

  it("a second run touches no row and no file, and says so", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const [rows, files] = [await versionsOf(ready.target), await snapshotOf(ready.file("load", "", ""))];
    // As a run leaves it that was killed when all was written.
    await writeFile(ready.file("load", "people", ".lock"), "");

    const again = await ready.stage("load");

    expect(again).toMatchObject({ exitCode: 0, stderr: "load towns: up to date\nload people: up to date\n" });
    expect(again.stdout).toContain(ready.file("load", "people", "manifest.json"));
    expect(await versionsOf(ready.target)).toEqual(rows);
    expect(await snapshotOf(ready.file("load", "", ""))).toEqual(files);
  });

  it("the next number of an identity is past those that were loaded", async () => {
    const ready = await readyToLoad({ people: 10 });

    await ready.stage("load");

    expect(await ready.target.query("INSERT INTO people (town) VALUES (1) RETURNING id")).toEqual([{ id: "11" }]);
  });

  it("--force loads again, in exchange for what was there", async () => {
    const ready = await readyToLoad({ people: 10 });
    await ready.stage("load");

    const again = await ready.stage("load", "people", "--force");

    expect(again.exitCode).toBe(0);
    const manifest = JSON.parse(await readFile(ready.file("load", "people", "manifest.json"), "utf8"));
    expect(manifest._waybill.counts).toMatchObject({ loaded: 10, before: 10, target: 10 });
  });

  it("a changed rule is loaded once transform has run again, and nothing of the other table", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    await ready.rewrite("people.yaml", (text) => text.replace("town: town", "town: { const: '2' }"));

    const early = await ready.stage("load");
    await ready.stage("transform");
    const late = await ready.stage("load");

    expect(early).toMatchObject({ exitCode: 65, stdout: "" });
    expect(early.stderr).toContain(
      "people: its mapping has changed since it was transformed\n  → run it again: waybill transform people",
    );
    expect(late.exitCode).toBe(0);
    expect(late.stderr).toContain(
      "load towns: up to date\nload people: loaded again (the target holds the rows of another transform)",
    );
  });

  it("a row deleted from the target is loaded again, not called up to date", async () => {
    const ready = await readyToLoad({ people: 10 });
    await ready.stage("load");
    await ready.target.query("DELETE FROM people WHERE id = 3");

    const again = await ready.stage("load");

    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain(
      "load people: loaded again (the target holds 9 rows, 10 were there after it was loaded)",
    );
    expect(await ready.target.count("people")).toBe(10);
  });

  it("rows that were committed by a run that could not say so are not loaded twice", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const rows = await versionsOf(ready.target);
    await rm(ready.file("load", "people", ""), { recursive: true });

    const again = await ready.stage("load");

    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain("load people: its 10 rows stand in the target already");
    expect(await versionsOf(ready.target)).toEqual(rows);
    expect(await readFile(ready.file("load", "people", "manifest.json"), "utf8")).toContain('"loaded": 10');
  });

  it("warns of triggers that ran, where they are to", async () => {
    const people =
      "table: people\nfrom: people\ncolumns:\n  id: id\n  name: name\n  town: town\nload: { triggers: keep }\n";
    const ready = await readyToLoad({
      files: { "people.yaml": people },
      targetSql: `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER stamps BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION f()`,
    });

    const result = await ready.stage("load", "--quiet");

    expect(result).toMatchObject({ exitCode: 0 });
    expect(result.stderr).toBe("warning: public.people: triggers ran for the rows that were written: stamps\n");
  });

  it("an owner who is no superuser can load", async () => {
    const role = `owner_${Date.now()}`;
    const ready = await readyToLoad({
      targetSql: `CREATE ROLE ${role} LOGIN PASSWORD 'x'; ALTER TABLE towns OWNER TO ${role};
        ALTER TABLE people OWNER TO ${role}; GRANT ALL ON SCHEMA public TO ${role};
        CREATE SCHEMA waybill AUTHORIZATION ${role}`,
    });
    const url = Object.assign(new URL(ready.target.url), { username: role, password: "x" }).href;

    const result = await ready.stage("load", { WAYBILL_TARGET_URL: url });

    expect(result).toMatchObject({ exitCode: 0 });
    expect(await ready.target.count("people")).toBe(10);
    await ready.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("a dry run says what would be loaded, and writes nothing", async () => {
    const ready = await readyToLoad();

    const result = await ready.stage("load", "--dry-run");

    expect(result).toMatchObject({ exitCode: 0, stdout: "" });
    expect(result.stderr).toBe(
      "load towns: would be loaded in place (foreign key people_town_fkey of public.people) (not loaded yet)\nload people: would be loaded by a swap (not loaded yet)\n",
    );
    expect(await ready.target.query("SELECT to_regnamespace('waybill') AS ledger")).toEqual([{ ledger: null }]);
    expect(await ready.target.count("people")).toBe(0);
  });

  it("a dry run of all stages does not fail for want of a transform", async () => {
    const ready = await readyToLoad();
    await rm(ready.file("transform", "people", ""), { recursive: true });

    const result = await ready.stage("load", "--dry-run");

    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain("load people: would be loaded, once it is transformed");
  });

  it("a work directory stays with its target", async () => {
    const [ready, other] = [await readyToLoad(), await createDatabase()];
    await ready.stage("load");

    const result = await ready.stage("load", { WAYBILL_TARGET_URL: other.url });
    const rehearsed = await ready.stage("load", "--dry-run", { WAYBILL_TARGET_URL: other.url });

    expect(result).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("belongs to the target") });
    expect(rehearsed).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("belongs to the target") });
    expect(await other.query("SELECT to_regnamespace('waybill') AS ledger")).toEqual([{ ledger: null }]);
    await other.drop();
  });
});
