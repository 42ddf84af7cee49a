import { readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readyToLoad, stateOf, versionsOf } from "./loading.js";

describe("load refuses", () => {
  it("one changed byte of any part of any table, and changes nothing", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    const before = await versionsOf(ready.target);
    const part = ready.file("transform", "people", "part-00000.csv.gz");
    const bytes = await readFile(part);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    await writeFile(part, bytes);

    const result = await ready.stage("load", "--force");

    expect(result).toMatchObject({ exitCode: 65, stdout: "" });
    expect(result.stderr).toContain(`${part} was changed`);
    expect(result.stderr).toContain("→ run that stage again: waybill transform people --force");
    expect(await versionsOf(ready.target)).toEqual(before);
  });

  it("a part that is gone, and changes nothing", async () => {
    const ready = await readyToLoad();
    await rm(ready.file("transform", "people", "part-00000.csv.gz"));

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("part-00000.csv.gz is gone") });
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("a table that was not transformed, before any other is loaded", async () => {
    const ready = await readyToLoad();
    await rm(ready.file("transform", "people", ""), { recursive: true });

    const result = await ready.stage("load");

    expect(result).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining("→ run it first: waybill transform people"),
    });
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("what was made from an older extract, naming it", async () => {
    const ready = await readyToLoad();
    await ready.source.query("UPDATE people SET name = 'Noor' WHERE id = 1");
    await ready.stage("extract", "--force");

    const result = await ready.stage("load");

    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain("people is stale: it was made from extract/people/manifest.json");
    expect(result.stderr).toContain("→ run it again: waybill transform people");
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("what transform said no to", async () => {
    const ready = await readyToLoad({
      files: {
        "migration.yaml":
          "migration: M-1\nextracts:\n  towns: {}\n  people: { key: [id] }\nacceptance: { rejected: { max_percent: 1 } }\n",
        "people.yaml":
          "table: people\nfrom: people\ncolumns:\n  id: id\n  name: { from: name, required: true }\n  town: town\n",
      },
      verdict: 1,
    });

    const result = await ready.stage("load");

    expect(result).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("people is not loaded: transform said no"),
    });
    expect(await ready.target.count("towns")).toBe(0);
  });

  it("rows that no run of ours wrote, before anything is dropped, until they are confirmed", async () => {
    const ready = await readyToLoad({
      targetSql: "INSERT INTO towns VALUES (7, 'Oslo'); INSERT INTO people (town) VALUES (7)",
    });
    const before = await versionsOf(ready.target);

    const refused = await ready.stage("load");
    const untouched = await versionsOf(ready.target);
    const wrong = await ready.stage("load", "--confirm", "M-2");
    const confirmed = await ready.stage("load", "--confirm", "M-1");

    expect(refused).toMatchObject({ exitCode: 65, stdout: "" });
    expect(refused.stderr).toContain("public.towns holds 1 rows, but M-1 loaded 0 of them");
    expect(refused.stderr).toContain("--confirm M-1");
    expect(untouched).toEqual(before);
    expect(wrong).toMatchObject({ exitCode: 64, stderr: expect.stringContaining("--confirm says M-2") });
    expect(confirmed.exitCode).toBe(0);
    expect(await ready.target.query("SELECT id FROM towns ORDER BY id")).toEqual([{ id: "1" }, { id: "2" }]);
  });

  it("a stranger's row among fewer rows than were loaded", async () => {
    const ready = await readyToLoad();
    await ready.stage("load");
    await ready.target.query("DELETE FROM people WHERE id < 4; INSERT INTO people (id, town) VALUES (100, 1)");

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("--confirm M-1") });
    expect(await ready.target.count("people WHERE id = 100")).toBe(1);
  });

  it("columns the target has not, computes, or needs: all at once, with the nearest names", async () => {
    const ready = await readyToLoad({
      files: {
        "towns.yaml": "table: towns\nfrom: towns\ncolumns:\n  id: id\n  nane: name\n",
        "people.yaml": "table: people\nfrom: people\ncolumns:\n  id: id\n  shout: name\n",
      },
    });

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 78, stdout: "" });
    for (const line of [
      "towns.yaml:5: public.towns has no column nane; did you mean name?\n",
      "towns.yaml: public.towns needs a value in name (NOT NULL without default), and the mapping gives none\n",
      "people.yaml:5: public.people computes its column shout by itself: leave it out of the mapping\n",
      "people.yaml: public.people needs a value in town (NOT NULL without default), and the mapping gives none\n",
    ])
      expect(result.stderr).toContain(line);
  });

  it("a row that the target does not take: the table keeps what it had, and is whole", async () => {
    const ready = await readyToLoad({ targetSql: "ALTER TABLE people ADD CONSTRAINT small CHECK (id < 10)" });
    const before = await ready.target.query("SELECT indexname FROM pg_indexes ORDER BY 1");

    const result = await ready.stage("load");

    expect(result).toMatchObject({ exitCode: 65, stdout: `${ready.file("load", "towns", "manifest.json")}\n` });
    expect(result.stderr).toContain("people, part-00000.csv.gz:");
    expect(await ready.target.count("people")).toBe(0);
    expect(
      await ready.target.query("SELECT indexname FROM pg_indexes WHERE schemaname <> 'waybill' ORDER BY 1"),
    ).toEqual(before);
  });

  it("--keep-going loads what does not depend on a refused or missing table, and exits with its code", async () => {
    const ready = await readyToLoad({
      files: {
        "notes.yaml": "table: notes\nfrom: people\ncolumns:\n  id: id\n",
        "renamed.yaml": "table: renamed\nfrom: people\ncolumns:\n  id: id\n",
      },
      targetSql: "CREATE TABLE notes (id integer)",
    });
    await rm(ready.file("transform", "towns", "part-00000.csv.gz"));

    const result = await ready.stage("load", "--keep-going");

    expect(result).toMatchObject({ exitCode: 66, stdout: `${ready.file("load", "notes", "manifest.json")}\n` });
    expect(result.stderr).toContain("people: not tried, since towns failed");
    expect(result.stderr).toContain("renamed failed: there is no table renamed in");
    expect(await ready.target.count("notes")).toBe(10);
    expect(await ready.target.count("people")).toBe(0);
  });

  it.each([
    ["a foreign key, by a swap", "", "{ from: id }", "town: { const: '9' }", "people_town_fkey"],
    [
      "a foreign key, in place",
      "load: { in_place: true }\n",
      "{ from: id }",
      "town: { const: '9' }",
      "people_town_fkey",
    ],
    ["a unique constraint, by a swap", "", "{ const: same }", "town: town", "people_once"],
    ["a unique constraint, in place", "load: { in_place: true }\n", "{ const: same }", "town: town", "people_once"],
  ])("rows that contradict %s: the table keeps what it had, and is whole", async (_, load, name, town, constraint) => {
    const people = (columns: string) => `table: people\nfrom: people\ncolumns:\n  id: id\n${columns}${load}`;
    const ready = await readyToLoad({
      files: { "people.yaml": people("  name: { from: id }\n  town: town\n") },
      targetSql: "ALTER TABLE people ADD CONSTRAINT people_once UNIQUE (name)",
    });
    expect(await ready.stage("load")).toMatchObject({ exitCode: 0 });
    const before = await stateOf(ready.target);
    await ready.rewrite("people.yaml", () => people(`  name: ${name}\n  ${town}\n`));
    expect(await ready.stage("transform")).toMatchObject({ exitCode: 0 });

    const first = await ready.stage("load");
    const second = await ready.stage("load");

    for (const result of [first, second]) {
      expect(result).toMatchObject({ exitCode: 65 });
      expect(result.stderr).toContain(constraint);
    }
    expect(await stateOf(ready.target)).toEqual(before);
  });
});
