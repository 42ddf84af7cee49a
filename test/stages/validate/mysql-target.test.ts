import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase } from "../../support/postgres.js";
import { createMigration } from "../migration-fixture.js";
import { manifestIn } from "../stage-files.js";

const people = `table: people
columns: { id: id, name: name, town: town, price: price, joined: joined, facts: facts, ok: ok, raw: raw, note: { from: note, pii: true } }
expect:
  - unique: id
  - relationships: { column: town, to: towns.id }
  - aggregate: { group: [town], measures: [count, sum(price), max(joined)] }
  - report:
      name: by town
      by: [town]
      source: SELECT town, sum(price) AS total FROM people GROUP BY town
      target: SELECT town, sum(price) AS total FROM people GROUP BY town
`;

it("validate passes what went from PostgreSQL to MariaDB, sample and report included, and names what was changed since", async () => {
  const source = await createDatabase(`
    CREATE TABLE towns (id integer PRIMARY KEY, name text); INSERT INTO towns VALUES (1, 'Ali Sabieh'), (2, 'Tadjourah');
    CREATE TABLE people (id integer PRIMARY KEY, name text, town integer, price numeric(8,2), joined timestamptz, facts jsonb,
      ok boolean, raw bytea, note text);
    INSERT INTO people SELECT g, 'person ' || g, 1 + g % 2, g * 1.5, timestamptz '2024-01-01 00:00+00' + g * interval '1.5 s',
      jsonb_build_object('b', g, 'a', 1.50), g % 2 = 0, decode(md5(g::text), 'hex'),
      CASE g % 3 WHEN 0 THEN '' WHEN 1 THEN 'note, "' || g || '"' END FROM generate_series(1, 40) g`);
  const target = await createMysqlDatabase(`
    CREATE TABLE towns (id int PRIMARY KEY, name varchar(40));
    CREATE TABLE people (id int PRIMARY KEY, name varchar(40) COLLATE utf8mb4_general_ci, town int REFERENCES towns (id), price decimal(12,4),
      joined timestamp(6) NULL, facts json, ok tinyint(1), raw blob, note text);
    CREATE TRIGGER touched BEFORE UPDATE ON people FOR EACH ROW SET NEW.id = OLD.id`);
  const migration = await createMigration({
    source: source.url,
    target: target.url,
    extracts: ["towns: {}", "people: {}"],
    files: { "towns.yaml": "table: towns\ncolumns: { id: id, name: name }\n", "people.yaml": people },
  });
  for (const stage of ["extract", "transform", "load"]) {
    const { exitCode, stderr } = await migration.run(stage);
    expect([stage, exitCode, stderr]).toEqual([stage, 0, expect.any(String)]);
  }

  const passed = await migration.run("validate");
  await target.query(`SET foreign_key_checks = 0;
    UPDATE people SET facts = '{"a": 1.5, "b": 1}' WHERE id = 1;
    UPDATE people SET name = 'Person 2' WHERE id = 2;
    UPDATE people SET note = NULL WHERE id = 3;
    UPDATE people SET joined = joined + INTERVAL 1 MICROSECOND WHERE id = 4;
    UPDATE people SET raw = concat(raw, ' ') WHERE id = 5;
    UPDATE people SET town = 9 WHERE id = 6;
    DELETE FROM people WHERE id = 7;
    INSERT INTO people (id, name) VALUES (99, 'Li')`);
  const failed = await migration.run("validate");
  const differences = gunzipSync(await readFile(join(migration.work, "validate/people/differences.csv.gz"))).toString();
  const reader = `${target.name}_reader`;
  await target.query(`CREATE USER ${reader}; GRANT SELECT, CREATE TEMPORARY TABLES ON ${target.name}.* TO ${reader}`);
  const url = Object.assign(new URL(target.url), { username: reader }).href;
  await migration.run("validate", ["people", "--no-source"], { WAYBILL_TARGET_URL: url });
  const { checks } = (await manifestIn(join(migration.work, "validate/people")))._waybill.details;
  await target.query(`DROP USER ${reader}`);
  await source.drop();
  await target.drop();

  expect(passed.stderr).toMatch(/FAIL=0 SKIP=0/);
  expect([passed.exitCode, failed.exitCode]).toEqual([0, 1]);
  const ofRows = differences.split("\n").filter((line) => /^(?:changed|missing|extra|orphan)/.test(line));
  expect(ofRows.map((line) => line.split(",").slice(0, 3).join(","))).toEqual([
    "changed,2,name",
    "changed,3,note",
    "changed,4,joined",
    "changed,5,raw",
    "changed,6,town",
    "missing,7,\\N",
    "extra,99,\\N",
    "orphan,6,town",
  ]);
  expect(differences).toContain("report: by town,9,total,\\N,9.0000");
  expect(checks).toContainEqual(expect.objectContaining({ name: "schema: trigger touched", verdict: "skipped" }));
  expect(failed.stderr).not.toContain("Person 2");
});
