import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manifestIn, rowsIn, snapshotOf, textOf } from "../stage-files.js";
import { type Loaded, loadedMigration } from "./loaded.js";

const differences = (loaded: Loaded, table = "people") =>
  textOf(join(loaded.work, "validate", table, "differences.csv.gz"));

const peopleExpecting = `table: people
columns:
  id: id
  name: { from: name, required: true }
  town: town
  price: price
  joined: joined
  note: note
dedupe: { by: [id], keep: latest, order: [updated_at] }
expect:
  - relationships: { column: town, to: towns.id }
  - range: { column: price, min: 0 }
  - pattern: { column: name, matches: "^person [0-9]+", severity: warn }
  - missing_percent: { column: note, max: 50 }
  - freshness: { column: joined, max_age: 30 days, severity: warn }
  - row_count_equal: { to: towns, severity: warn }
  - query: { name: nobody is free, select: SELECT id FROM people WHERE price < 0 }
  - aggregate: { measures: [avg(price), distinct(town), nulls(note)] }
`;

/** A step that shouts, and one that numbers all people by their name: of some of them it would make other numbers. */
const throughSteps = {
  "steps/shout.ts": `export const step = (row: { name: string | null }) => ({ name: row.name?.toUpperCase() ?? null });\n`,
  "steps/rank.ts": `export const step = (frame) => {
  const names = frame.column("name").values;
  const sorted = [...names].sort();
  return frame.addColumn("place", names.map((name) => String(sorted.indexOf(name))));
};
`,
  "towns.yaml": `table: towns
steps: [{ row: steps/shout.ts, replaces: name }]
columns: { id: id, code: code, name: name }
`,
  "people.yaml": `table: people
steps: [{ row: steps/shout.ts, replaces: name }, { frame: steps/rank.ts, adds: place }]
columns: { id: id, name: { from: name, required: true }, note: place }
dedupe: { by: [id], keep: latest, order: [updated_at] }
`,
};

describe("validate", () => {
  it("passes what was moved: counts close to zero, every row equal, tests and the live sample hold", async () => {
    const loaded = await loadedMigration();

    const result = await loaded.validate();

    expect(result.stderr).toContain("FAIL=0 SKIP=0");
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: `${join(loaded.work, "validate", "report.json")}\n${join(loaded.work, "validate", "report.html")}\n`,
    });
    expect(await loaded.report()).toMatchObject({ verdict: "passed", notValidated: [], mixedSnapshots: false });
    expect((await loaded.report()).tables[1]?.reconciliation).toMatchObject({
      sourceNow: 201,
      snapshot: 201,
      drift: 0,
      read: 201,
      filtered: 0,
      rejected: 1,
      deduplicated: 1,
      written: 199,
      loaded: 199,
      quarantined: 0,
      target: 199,
      unexplained: 0,
    });
    expect(await loaded.check("people", "sample")).toMatchObject({
      verdict: "sampled",
      note: "100 rows chosen, 0 of them changed in the source since the snapshot",
    });
    expect(await differences(loaded)).toBe("kind,key,column,expected,actual\n");
    const asked = (await loaded.report()).tables[1]?.checks.filter(({ seconds }) => seconds !== undefined) ?? [];
    for (const name of ["every row", "sample", "unique", "foreign key", "aggregate", "schema: columns as load"])
      expect(asked.map((check) => check.name)).toContainEqual(expect.stringMatching(new RegExp(`^${name}`)));
  });

  it("always runs, and writes the same manifest when nothing has changed", async () => {
    const loaded = await loadedMigration();
    await loaded.validate();
    const first = await manifestIn(join(loaded.work, "validate", "people"));

    const again = await loaded.validate();

    expect(again.stderr).toContain("all 199 rows equal");
    expect(await manifestIn(join(loaded.work, "validate", "people"))).toEqual(first);
  });

  it("names key and column of a changed cell, a missing and an extra row, and says 1, but prints no value", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query("UPDATE people SET name = 'somebody else' WHERE id = 42");
    await loaded.target.query("DELETE FROM people WHERE id = 200");
    await loaded.target.query("INSERT INTO people (id, name) VALUES (1000, 'nobody we know')");

    const result = await loaded.validate();

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(
      "people: 3 rows differ from the 199 expected (1 missing, 1 extra, 1 changed): 42 (name), 200 (missing), 1000 (extra)",
    );
    expect(result.stderr).not.toMatch(/somebody else|nobody we know|person 42/);
    expect(await differences(loaded)).toContain("changed,42,name,person 42,somebody else\n");
    expect(await loaded.report()).toMatchObject({
      verdict: "failed",
      tables: [{ verdict: "passed" }, { verdict: "failed" }],
    });
  });

  it("says no when rows are lost in equal numbers as others are added", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query("DELETE FROM people WHERE id = 199; INSERT INTO people (id, name) VALUES (1000, 'x')");

    const result = await loaded.validate();

    expect(result.exitCode).toBe(1);
    expect(await loaded.check("people", "rows in the target")).toMatchObject({ verdict: "passed" });
    expect(await loaded.check("people", "every row")).toMatchObject({
      verdict: "failed",
      actual: "198 equal, 1 missing, 1 extra",
    });
  });

  it("raises no alarm over rewritten rows that mean the same", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query(
      "UPDATE people SET price = price * 1.000, facts = jsonb_build_object('a', facts -> 'a', 'b', facts -> 'b')",
    );
    await loaded.target.query(
      "UPDATE people SET joined = (joined AT TIME ZONE 'Asia/Tokyo')::text::timestamp AT TIME ZONE 'Asia/Tokyo'",
    );
    await loaded.target.query("VACUUM FULL people");

    expect(await loaded.validate()).toMatchObject({ exitCode: 0 });
  });

  it("finds NULL that became an empty text", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query("UPDATE people SET note = '' WHERE id = 2");

    const result = await loaded.validate();

    expect(result.exitCode).toBe(1);
    expect(await differences(loaded)).toContain("changed,2,note,\\N,\n");
  });

  it("tells a source that went on since the extract from loss", async () => {
    const loaded = await loadedMigration();
    await loaded.source.query(
      "INSERT INTO people (id, name) VALUES (500, 'new'); UPDATE people SET name = 'renamed' WHERE id <= 20",
    );

    const result = await loaded.validate();

    expect(result.exitCode).toBe(0);
    expect(await loaded.check("people", "rows in the source")).toMatchObject({
      expected: 201,
      actual: 202,
      verdict: "warned",
    });
    expect((await loaded.check("people", "sample"))?.note).toMatch(/^\d+ rows chosen, [1-9]\d* of them changed/);
  });

  it("compares a sample of source rows, read again and mapped anew, with the live target", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query("UPDATE people SET name = name || '!'");

    const result = await loaded.validate();

    expect(result.exitCode).toBe(1);
    expect(await loaded.check("people", "sample")).toMatchObject({ verdict: "failed" });
    expect(await differences(loaded)).toContain("sample: changed,");
  });

  it("compares a sample through row steps and frame steps, which see the whole extract as it was", async () => {
    const loaded = await loadedMigration(throughSteps);
    await loaded.source.query("UPDATE people SET price = 0 WHERE id < 100");

    const moved = await loaded.validate();
    const [townsSample, peopleSample] = [await loaded.check("towns", "sample"), await loaded.check("people", "sample")];
    await loaded.target.query("UPDATE people SET note = 'another'; UPDATE towns SET name = lower(name)");
    const tampered = await loaded.validate();

    expect(moved.stderr).toContain("FAIL=0 SKIP=0");
    expect(moved.exitCode).toBe(0);
    expect(townsSample).toMatchObject({ verdict: "sampled", note: expect.stringMatching(/^4 rows chosen, 0 of them/) });
    expect(peopleSample?.note).toMatch(/^100 rows chosen, [1-9]\d of them changed/);
    expect(tampered.exitCode).toBe(1);
    expect(await loaded.check("towns", "sample")).toMatchObject({ verdict: "failed" });
    expect(await loaded.check("people", "sample")).toMatchObject({ verdict: "failed" });
  });

  it("finds orphans, repeated values and what else the specification forbids", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query(`ALTER TABLE people DROP CONSTRAINT people_town_fkey, ALTER name DROP NOT NULL;
      UPDATE people SET town = 99, name = NULL WHERE id = 5; UPDATE towns SET code = 'AS' WHERE id = 3`);

    const result = await loaded.validate();

    expect(result.exitCode).toBe(1);
    expect(await loaded.check("people", "relationships: town")).toMatchObject({
      expected: 0,
      actual: 1,
      verdict: "failed",
    });
    expect(await loaded.check("people", "not_null")).toMatchObject({ actual: 1, verdict: "failed" });
    expect(await loaded.check("people", "accepted_values")).toMatchObject({ actual: 1, verdict: "failed" });
    expect(await loaded.check("people", "aggregate")).toMatchObject({ actual: "2 differ", verdict: "failed" });
    expect(await loaded.check("towns", "unique: code")).toMatchObject({ actual: 1, verdict: "failed" });
  });

  it("asks what the specification expects beyond keys: ranges, patterns, gaps, age, other tables, queries", async () => {
    const loaded = await loadedMigration({ "people.yaml": peopleExpecting });

    const held = await loaded.validate();
    await loaded.target.query("UPDATE people SET price = -1, name = upper(name), joined = now() WHERE id = 5");
    await loaded.target.query("UPDATE people SET note = NULL");
    const broken = await loaded.validate();

    expect([held.exitCode, held.stderr]).toEqual([0, expect.stringContaining("WARN=2 FAIL=0")]);
    expect(broken.exitCode).toBe(1);
    for (const [name, expected] of Object.entries({
      "range: price": { expected: 0, actual: 1, verdict: "failed" },
      "pattern: name": { actual: 1, verdict: "warned" },
      "missing_percent: note": { expected: "at most 50 % NULL", actual: "199 of 199", verdict: "failed" },
      "freshness: joined": { expected: "at most 30 days old", actual: "0.0 hours old", verdict: "passed" },
      "row_count_equal: towns": { expected: 3, actual: 199, verdict: "warned" },
      "query: nobody is free": { expected: 0, actual: 1, verdict: "failed" },
      "aggregate: avg(price), distinct(town), nulls(note)": { actual: "1 differ", verdict: "failed" },
    }))
      expect([name, await loaded.check("people", name)]).toMatchObject([name, expected]);
  });

  it("compares the figures of a report, asked of both sides in their own SQL", async () => {
    const by = "SELECT town, sum(price) AS total, count(*) AS people FROM people WHERE town IN (2, 3)";
    const loaded = await loadedMigration({
      "towns.yaml": `table: towns
columns: { id: id, code: code, name: name }
dedupe: { by: [code], keep: first, order: [id] }
expect:
  - report:
      name: totals
      by: town
      source: ${by} AND updated_at < '2024-02-01' AND name IS NOT NULL GROUP BY town
      target: ${by} GROUP BY town
      within_percent: 0.1
`,
    });

    const held = await loaded.validate();
    const [passed, lines] = [await loaded.check("towns", "report: totals"), await differences(loaded, "towns")];
    await loaded.target.query("UPDATE people SET price = price + 1; UPDATE people SET town = 1 WHERE town = 3");
    const differing = await loaded.validate(["--keep-going"]);
    const failed = await loaded.check("towns", "report: totals");
    const found = await differences(loaded, "towns");
    const nowhere = loaded.source.url.replace(/\/[^/]*$/, "/there_is_no_such_database");
    const unreached = await loaded.validate(["--source", nowhere, "towns"]);

    expect([held.exitCode, lines]).toEqual([0, "kind,key,column,expected,actual\n"]);
    expect(passed).toMatchObject({ expected: "4 equal figures within 0.1 %", actual: "0 differ", verdict: "passed" });
    expect(differing.exitCode).toBe(1);
    expect(failed).toMatchObject({ actual: "3 differ", verdict: "failed" });
    expect(found).toContain("report: totals,3,people,50,\\N\n");
    expect(unreached.exitCode).toBe(1);
    expect(await loaded.check("towns", "report: totals")).toMatchObject({ verdict: "skipped" });
  });

  it("says the same to CI systems with --junit", async () => {
    const loaded = await loadedMigration();
    await loaded.target.query("UPDATE people SET note = '<b>&' WHERE id = 3");

    const result = await loaded.validate(["--junit", "--no-source"]);
    const path = join(loaded.work, "validate", "junit.xml");
    const xml = await readFile(path, "utf8");

    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(`${path}\n`);
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="[^"]+" tests="\d+" failures="1" skipped="\d+">\n/,
    );
    expect(xml).toMatch(
      /<testcase classname="people" name="every row of the target is as transform wrote it" time="\d+\.\d{3}"><failure message="[^"<]*198 equal, 1 changed[^"<]*"\/><\/testcase>/,
    );
    expect(xml).toMatch(/<testcase classname="towns" name="unique: code" time="\d+\.\d{3}"\/>/);
  });

  it("lets as many changed rows pass as the data owners accept, and names the criterion to roll back", async () => {
    const loaded = await loadedMigration();
    const accept = (percent: number, rollback: number) =>
      loaded.write({
        "migration.yaml": `migration: TEST-1
extracts: { towns: {}, people: { key: [id], part_rows: 60 } }
acceptance: { differing: { max_percent: ${percent} } }
rollback_when: { validation_failures_percent: ${rollback} }
`,
      });
    await loaded.target.query("UPDATE people SET note = 'x' WHERE id = 3");

    await accept(0.6, 5);
    const accepted = await loaded.validate(["--no-source"]);
    const row = await loaded.check("people", "every row");
    await accept(0.6, 0.1);
    const rolledBack = await loaded.validate(["--no-source"]);
    const criterion = await loaded.check("people", "rollback_when");
    await accept(0.6, 5);
    await loaded.target.query("DELETE FROM people WHERE id = 200");
    const missing = await loaded.validate(["--no-source"]);

    expect(accepted.exitCode).toBe(0);
    expect(row).toMatchObject({ actual: "198 equal, 1 changed", verdict: "warned" });
    expect(rolledBack.exitCode).toBe(1);
    expect(rolledBack.stderr).toContain(
      "rollback_when: validation_failures_percent: expected at most 0.1 %, found 0.50 %",
    );
    expect(criterion).toMatchObject({ verdict: "failed", note: "the criterion to roll back is met" });
    expect(missing.exitCode).toBe(1);
  });

  it("never takes a source it cannot reach for a pass, unless it was told not to ask", async () => {
    const loaded = await loadedMigration();
    const nowhere = loaded.source.url.replace(/\/[^/]*$/, "/there_is_no_such_database");

    const unreached = await loaded.validate(["--source", nowhere]);
    const verdict = (await loaded.report()).verdict;
    const leftOut = await loaded.validate(["--source", nowhere, "--no-source"]);

    expect(unreached.exitCode).toBe(1);
    expect(verdict).toBe("incomplete");
    expect(unreached.stderr).toContain("SKIP=4");
    expect(leftOut.exitCode).toBe(0);
    expect(await loaded.check("people", "sample")).toMatchObject({
      verdict: "skipped",
      note: "left out, as --no-source asks",
    });
  });

  it("needs no more than a role that may read the source and the target", async () => {
    const loaded = await loadedMigration();
    const role = `${loaded.source.name}_reader`;
    await loaded.source.query(`CREATE ROLE ${role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    await loaded.target.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
    const [source, target] = [loaded.source.url, loaded.target.url].map(
      (url) => Object.assign(new URL(url), { username: role, password: "" }).href,
    );

    const result = await loaded.validate(["--source", source ?? "", "--target", target ?? ""]);
    for (const database of [loaded.source, loaded.target]) await database.query(`DROP OWNED BY ${role}`);
    await loaded.source.query(`DROP ROLE ${role}`);

    expect(result).toMatchObject({ exitCode: 0 });
  });

  it("changes nothing in either database and none of the other stages' files", async () => {
    const loaded = await loadedMigration();
    const state =
      "SELECT relname, relfilenode, pg_stat_get_tuples_inserted(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
    const before = [
      await loaded.source.query(state),
      await loaded.target.query(state),
      await snapshotOf(join(loaded.work, "load")),
    ];

    await loaded.validate();

    expect([
      await loaded.source.query(state),
      await loaded.target.query(state),
      await snapshotOf(join(loaded.work, "load")),
    ]).toEqual(before);
    expect(
      await loaded.target.query(
        "SELECT relname FROM pg_class WHERE relname LIKE 'waybill_%' AND relkind = 'r' AND relnamespace <> 'waybill'::regnamespace",
      ),
    ).toEqual([]);
  });

  it("hashes the keys of columns marked pii", async () => {
    const loaded = await loadedMigration({
      "towns.yaml":
        "table: towns\ncolumns:\n  id: { from: id, pii: true }\n  code: code\n  name: name\nfilter: [{ keep: \"id <> '4'\" }]\n",
      "people.yaml":
        "table: people\ncolumns: { id: id, name: name }\ndedupe: { by: [id], keep: latest, order: [updated_at] }\nreject: [{ when: name IS NULL, reason: no name }]\n",
    });
    await loaded.target.query("UPDATE towns SET name = 'x' WHERE id = 2");

    const result = await loaded.validate(["towns"]);

    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/changed\): sha256:[0-9a-f]{16} \(name\)/);
    expect((await loaded.report()).notValidated).toEqual(["people"]);
  });
});

describe("validate refuses", () => {
  it("a table that was not loaded (66), naming the command", async () => {
    const loaded = await loadedMigration();
    await rm(join(loaded.work, "load", "people"), { recursive: true });

    const result = await loaded.validate(["people"]);

    expect(result.exitCode).toBe(66);
    expect(result.stderr).toContain("run it first: waybill load people");
  });

  it("a damaged part (65), naming the file and the stage", async () => {
    const loaded = await loadedMigration();
    const path = join(loaded.work, "transform", "people", "part-00000.csv.gz");
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(path, bytes);

    const result = await loaded.validate(["people"]);

    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain("part-00000.csv.gz was changed");
    expect(result.stderr).toContain("waybill transform people --force");
  });

  it("a load that is not of the transform that lies there (65)", async () => {
    const loaded = await loadedMigration();
    await loaded.source.query("INSERT INTO towns VALUES (5, 'OB', 'Obock')");
    await loaded.run("extract", ["--force"]);
    await loaded.run("transform");

    const result = await loaded.validate();

    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain("run it again: waybill load towns");
  });

  it("another target than the run was begun with (65)", async () => {
    const loaded = await loadedMigration();

    const result = await loaded.validate(["--target", loaded.source.url]);

    expect(result.exitCode).toBe(65);
    expect(result.stderr).toContain("belongs to the target");
  });
});

describe("validate --dry-run", () => {
  it("says what it would do and does nothing", async () => {
    const loaded = await loadedMigration();

    const result = await loaded.validate(["--dry-run"]);

    expect(result).toMatchObject({ exitCode: 0, stdout: "" });
    expect(result.stderr).toContain("validate people: 199 rows would be compared with the target");
    await expect(rowsIn(join(loaded.work, "validate", "people"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
