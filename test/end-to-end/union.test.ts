import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createMigration, type TestMigration } from "../stages/migration-fixture.js";
import { snapshotOf } from "../stages/stage-files.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";

// Two systems number their people from 1; every third of the registry's is in finance too, under another number.
const systems = `
  CREATE TABLE registry_people (id integer PRIMARY KEY, name text, email text, changed date);
  INSERT INTO registry_people SELECT n, 'Person ' || n, 'p' || n || '@x', date '2024-01-01' + n FROM generate_series(1, 400) n;
  CREATE TABLE finance_people (person_no bigint PRIMARY KEY, full_name varchar(40), mail text, salary numeric(10,2), changed date);
  INSERT INTO finance_people SELECT n, ' Payee ' || n, CASE WHEN n % 3 = 0 THEN 'p' || n + 1 ELSE 'f' || n END || '@x', n * 1.5,
    date '2024-01-01' + CASE WHEN n % 2 = 0 THEN 1000 ELSE -1000 END FROM generate_series(1, 300) n;
  CREATE TABLE registry_visits (visit integer PRIMARY KEY, person integer NOT NULL REFERENCES registry_people);
  INSERT INTO registry_visits SELECT n, n FROM generate_series(1, 400) n`;

const empty = `
  CREATE TABLE people (id uuid PRIMARY KEY, number integer NOT NULL, name text NOT NULL, email text UNIQUE, system text NOT NULL, salary numeric(10,2));
  CREATE TABLE visits (visit integer PRIMARY KEY, person_id uuid NOT NULL REFERENCES people)`;

const people = `
table: people
union: [registry_people, finance_people]
columns:
  id: { uuid5: { columns: { registry_people: [id], finance_people: [person_no] }, per_extract: true } }
  number: { from: { registry_people: id, finance_people: person_no } }
  name: { from: { registry_people: name, finance_people: full_name }, trim: true, required: true }
  email: { from: { registry_people: email, finance_people: mail } }
  system: { extract_name: true }
  salary: { sql: { registry_people: "NULL", finance_people: salary } }
dedupe: { by: [email], keep: latest, order: changed }
`;

const visits = `
table: visits
from: registry_visits
columns:
  visit: visit
  person_id: { uuid5: { table: people, extract: registry_people, columns: [person] } }
expect:
  - relationships: { column: person_id, to: people.id }
`;

let source: TestDatabase;
let target: TestDatabase;
let migration: TestMigration;
beforeEach(async () => {
  source = await createDatabase(systems);
  target = await createDatabase(empty);
  migration = await createMigration({
    source: source.url,
    target: target.url,
    extracts: ["registry_people: { part_rows: 90 }", "finance_people: { part_rows: 80 }", "registry_visits:"],
    files: { "people.yaml": people, "visits.yaml": visits },
  });
});
afterEach(async () => {
  await source.drop();
  await target.drop();
});

async function reportedTable(name: string) {
  const report = JSON.parse(await readFile(join(migration.work, "validate/report.json"), "utf8"));
  return report.tables.find(({ table }: { table: string }) => table === name);
}

it("two systems become one table with nobody twice, every row accounted for, and a second run finds nothing to do", async () => {
  const first = await migration.run("run");
  expect(first, first.stderr).toMatchObject({ exitCode: 0 });
  const stages = ["extract", "transform", "load"].map((stage) => join(migration.work, stage));
  const before = await Promise.all(stages.map(snapshotOf));

  const second = await migration.run("run");

  expect(second, second.stderr).toMatchObject({ exitCode: 0 });
  expect(await Promise.all(stages.map(snapshotOf))).toEqual(before);
  expect(await target.query("SELECT system, count(*) FROM people GROUP BY 1 ORDER BY 1")).toEqual([
    { system: "finance_people", count: "250" },
    { system: "registry_people", count: "350" },
  ]);
  // A visit of somebody whom finance knew better goes to the row that was kept.
  expect(
    await target.query(
      "SELECT system, number, salary FROM visits JOIN people ON id = person_id WHERE visit IN (7, 8) ORDER BY visit",
    ),
  ).toEqual([
    { system: "finance_people", number: "6", salary: "9.00" },
    { system: "registry_people", number: "8", salary: null },
  ]);
  const { verdict, reconciliation, comparisons } = await reportedTable("people");
  expect(verdict).toBe("passed");
  const dealt = { filtered: 0, rejected: 0, deduplicated: 50 };
  expect(reconciliation).toMatchObject({
    ...dealt,
    deduplicated: 100,
    read: 700,
    written: 600,
    target: 600,
    unexplained: 0,
  });
  expect(reconciliation.extracts).toEqual([
    { extract: "registry_people", sourceNow: 400, snapshot: 400, read: 400, ...dealt, written: 350 },
    { extract: "finance_people", sourceNow: 300, snapshot: 300, read: 300, ...dealt, written: 250 },
  ]);
  expect(comparisons.map(({ of }: { of: string }) => of)).toEqual(["parts", "sample"]);
});

it("validate says of which extract the source has drifted, and status which extract is missing", async () => {
  expect(await migration.run("run")).toMatchObject({ exitCode: 0 });
  await source.query("DELETE FROM finance_people WHERE person_no = 1");

  expect(await migration.run("validate")).toMatchObject({ exitCode: 0 });
  const warned = (await reportedTable("people")).checks.filter(
    ({ verdict }: { verdict: string }) => verdict === "warned",
  );
  expect(warned).toEqual([
    {
      actual: 299,
      expected: 300,
      name: "rows in the source, now and in the snapshot: finance_people",
      verdict: "warned",
    },
  ]);

  await migration.run("extract", ["--force", "--allow-mixed-snapshots", "finance_people"]);
  const { stdout } = await migration.run("status");
  expect(stdout).toMatch(/transform +people +stale .*extract\/finance_people, which it was made from, has changed/);
});

it("--key 7 means the 7 of every extract, with those they are duplicates of", async () => {
  const result = await migration.run("run", ["people", "--key", "7"]);

  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(await target.query("SELECT system, number FROM people ORDER BY 1, 2")).toEqual([
    { system: "finance_people", number: "6" },
    { system: "finance_people", number: "7" },
  ]);
  expect(result.stderr).toContain("people 7: deduplicated; its winner is 6 (occurrence 1) of finance_people");
});
