import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMigration, type TestMigration } from "../stages/migration-fixture.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";

// Households have a head, who is a person; people live in a household, and report to one another. The source knows them
// by numbers, the target by keys of its own, with foreign keys every way, none of which can wait. Every tenth person has
// no name, and takes along the household it is the head of, and who lives there.
let source: TestDatabase;
let target: TestDatabase;
let migration: TestMigration;

const specification = {
  "households.yaml": [
    "table: households",
    "columns:",
    "  id: { uuid5: [id] }",
    "  legacy_id: id",
    "  head: { references: people }",
    "  address: address",
    "key: [id]",
    "dedupe: { by: [address], keep: first, order: [id] }",
    "",
  ].join("\n"),
  "people.yaml": [
    "table: people",
    "columns:",
    "  id: { uuid5: [id] }",
    "  legacy_id: id",
    "  household: { from: household, references: households, required: true }",
    "  boss: { from: boss, references: people, otherwise: null }",
    "  name: { from: name, required: true }",
    "key: [id]",
    "",
  ].join("\n"),
  "visits.yaml": [
    "table: visits",
    "columns: { id: id, person: { from: person, references: people } }",
    "key: [id]",
    "",
  ].join("\n"),
};

beforeEach(async () => {
  source = await createDatabase(`
    CREATE TABLE households (id integer PRIMARY KEY, head integer, address text);
    CREATE TABLE people (id integer PRIMARY KEY, household integer, boss integer, name text);
    CREATE TABLE visits (id integer PRIMARY KEY, person integer);
    INSERT INTO households SELECT n, n * 3, 'Road ' || n % 80 FROM generate_series(1, 100) n;
    INSERT INTO people SELECT n, (n + 2) / 3, nullif(n / 2, 0), CASE WHEN n % 10 <> 0 THEN 'Person ' || n END FROM generate_series(1, 300) n;
    INSERT INTO visits SELECT n, n FROM generate_series(1, 300) n`);
  target = await createDatabase(`
    CREATE TABLE households (id uuid PRIMARY KEY, legacy_id integer, head uuid NOT NULL, address text);
    CREATE TABLE people (id uuid PRIMARY KEY, legacy_id integer, household uuid NOT NULL REFERENCES households, boss uuid REFERENCES people, name text NOT NULL);
    CREATE TABLE visits (id integer PRIMARY KEY, person uuid NOT NULL REFERENCES people);
    ALTER TABLE households ADD FOREIGN KEY (head) REFERENCES people`);
  migration = await createMigration({
    source: source.url,
    target: target.url,
    extracts: ["households: { part_rows: 30 }", "people: { part_rows: 50 }", "visits: {}"],
    files: specification,
  });
});
afterEach(async () => {
  for (const database of [source, target]) await database.drop();
});

/** What the migration should make of the source, computed there: who stays when those without a name are gone. */
const staying = `
  WITH RECURSIVE kept AS (SELECT min(id) AS id, address FROM households GROUP BY address),
  homes AS (SELECT h.id, kept.id AS home, k.head FROM households h JOIN kept USING (address) JOIN households k ON k.id = kept.id),
  gone (person) AS (
    SELECT id FROM people WHERE name IS NULL
    UNION SELECT p.id FROM gone JOIN homes ON homes.head = gone.person JOIN people p ON p.household = homes.id)
  SELECT p.id, homes.home FROM people p JOIN homes ON homes.id = p.household WHERE p.id NOT IN (SELECT person FROM gone) ORDER BY p.id`;

const arrived = `SELECT p.legacy_id AS id, h.legacy_id AS home FROM people p JOIN households h ON h.id = p.household ORDER BY 1`;

describe("tables with foreign keys in a ring", () => {
  it("arrive whole: every reference by the new keys, rejects carried round, a sample of each mapped the same way", async () => {
    const result = await migration.run("run");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query(arrived)).toEqual(await source.query(staying));
    const report = JSON.parse(await readFile(join(migration.work, "validate/report.json"), "utf8"));
    expect(report).toMatchObject({ verdict: "passed" });
    expect(report.summary).toMatchObject({ failed: 0, skipped: 0 });
    expect((await migration.run("status")).stdout).not.toMatch(/stale|missing|damaged/);
  });

  it("are up to date the second time, and both mapped again when one of them changes", async () => {
    await migration.run("run");

    const second = await migration.run("transform");
    await source.query("UPDATE households SET head = 1 WHERE id = 2");
    await migration.run("extract", ["--force"]);
    const changed = await migration.run("transform");

    expect(second.stderr.match(/up to date/g)).toHaveLength(3);
    const mapped = [...changed.stderr.matchAll(/^transform (\S+): \d+ rows read/gm)].map(([, table]) => table);
    expect(mapped).toEqual(["households", "people"]);
  });

  it("bring one row by its key with all it refers to, round the ring, into an empty target", async () => {
    const [expected] = await source.query(`SELECT * FROM (${staying}) AS kept WHERE id = 285`);

    const result = await migration.run("run", ["visits", "--key", "285"]);

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query("SELECT id FROM visits")).toEqual([{ id: "285" }]);
    const people = await target.query(arrived);
    expect(people).toContainEqual(expected);
    // The head of the household, whom these report to, the heads of their households, and so on; nobody else.
    expect(people.length).toBeGreaterThan(1);
    expect(people.length).toBeLessThan(40);
  });

  it("change one row by its key in a target that holds them all, and nothing else", async () => {
    await migration.run("run");
    await source.query("UPDATE people SET name = 'Renamed', boss = 1 WHERE id IN (7, 8)");

    const result = await migration.run("run", ["people", "--key", "7"]);

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query("SELECT legacy_id FROM people WHERE name = 'Renamed'")).toEqual([{ legacy_id: "7" }]);
  });
});
