import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { createMigration } from "../stages/migration-fixture.js";
import { createMysqlDatabase } from "../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";
import { mariadbSchema } from "./northwind-mariadb.js";
import { copyOf } from "./northwind-specification.js";

const dump = fileURLToPath(new URL("../../../shared/data/northwind/northwind.sql", import.meta.url));
const missing = existsSync(dump) ? "" : " (SKIPPED: ../shared/data/northwind/northwind.sql is not there)";

it.skipIf(missing !== "")(
  `moves Northwind whole into an empty copy of its own schema: all 14 tables, bytes and self-reference included${missing}`,
  { timeout: 180_000 },
  async () => {
    const [source, target] = await northwind();
    const { tables, files } = await copyOf(source);
    const migration = await createMigration({
      source: source.url,
      target: target.url,
      extracts: tables.map((table) => `${table}: {}`),
      files,
    });

    const result = await migration.run("run");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(tables).toHaveLength(14);
    expect(files["employees.yaml"]).toContain("{ column: reports_to, to: employees.employee_id }");
    const report = JSON.parse(await readFile(join(migration.work, "validate/report.json"), "utf8"));
    expect(report).toMatchObject({ verdict: "passed", summary: { failed: 0, warned: 0, skipped: 0 } });
    expect(await contentOf(target, tables)).toEqual(await contentOf(source, tables));
    expect(await definitionsOf(target)).toEqual(await definitionsOf(source));
  },
);

it.skipIf(missing !== "")(
  `takes Northwind to MariaDB and back: equal to the start, keys and all${missing}`,
  { timeout: 180_000 },
  async () => {
    const [source, target] = await northwind();
    const between = await createMysqlDatabase(mariadbSchema(await readFile(dump, "utf8")));
    onTestFinished(() => between.drop());
    const { tables, files } = await copyOf(source);
    const keys =
      "SELECT count(*) AS count FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = database() AND TABLE_NAME NOT LIKE 'waybill%'";
    const before = await between.query(keys);
    const way = async (from: TestDatabase, to: TestDatabase) => {
      const extracts = tables.map((table) => `${table}: {}`);
      const migration = await createMigration({ source: from.url, target: to.url, extracts, files });
      for (const stage of ["extract", "transform", "load"]) {
        const done = await migration.run(stage);
        expect(done, done.stderr).toMatchObject({ exitCode: 0 });
      }
    };

    await way(source, between);
    await way(between, target);

    expect(await contentOf(target, tables)).toEqual(await contentOf(source, tables));
    expect(await between.query(keys)).toEqual(before);
    expect(before).toEqual([{ count: "27" }]);
  },
);

/** Northwind, and an empty copy of its schema. */
async function northwind(): Promise<readonly [TestDatabase, TestDatabase]> {
  // A setting that PostgreSQL 12 gave up; each INSERT of the file is one line.
  const sql = (await readFile(dump, "utf8")).replace("SET default_with_oids = false;", "");
  const source = await createDatabase(sql);
  onTestFinished(() => source.drop());
  // All its pictures are empty: a few get bytes of every value, one is NULL.
  await source.query(`
    UPDATE categories SET picture = (SELECT string_agg(set_byte('\\x00', 0, n), '') FROM generate_series(0, 255) n) || '\\x5c4e0a0d2c22'
      WHERE category_id < 4;
    UPDATE categories SET picture = NULL WHERE category_id = 5`);
  const target = await createDatabase(sql.replace(/^INSERT INTO .*\n/gm, ""));
  onTestFinished(() => target.drop());
  expect(await target.count("orders")).toBe(0);
  return [source, target];
}

/** The number of rows of each table, and one hash over all of them. */
async function contentOf(database: TestDatabase, tables: readonly string[]): Promise<object> {
  const contents = tables.map(async (table) => [
    table,
    await database.query(
      `SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text COLLATE "C")) FROM ${table} t`,
    ),
  ]);
  return Object.fromEntries(await Promise.all(contents));
}

/** Keys, constraints and indexes, each with its definition and whether it holds. */
async function definitionsOf(database: TestDatabase): Promise<object> {
  return database.query(`
    SELECT conname AS name, pg_get_constraintdef(oid) AS definition, convalidated AS valid
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT relname, pg_get_indexdef(indexrelid), indisvalid
      FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
    ORDER BY 1, 2`);
}
