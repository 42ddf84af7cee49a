import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { createMigration } from "../stages/migration-fixture.js";
import { createMysqlDatabase, spelled } from "../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../support/postgres.js";
import { mappings, mappingsBack, tables, targetSchema } from "./sakila-target.js";

const folder = fileURLToPath(new URL("../../../shared/data/sakila/", import.meta.url));
const missing = existsSync(folder) ? "" : " (SKIPPED: ../shared/data/sakila is not there)";

it.skipIf(missing !== "")(
  `moves Sakila from ${spelled({ mariadb: "MariaDB", mysql: "MySQL" })} into a PostgreSQL schema written for it, and back into an empty one of its own: every row${missing}`,
  async () => {
    const source = await sakila();
    // MariaDB takes the column for a comment. WKB in hex, since PostgreSQL of itself knows no geometry of this kind.
    const location = spelled({ mariadb: "", mysql: "ALTER TABLE address ADD COLUMN location text NOT NULL" });
    const target = await createDatabase(`${targetSchema}\n${location}`);
    onTestFinished(() => target.drop());
    const migration = await createMigration({
      source: source.url,
      target: target.url,
      extracts: tables.map((table) => `${table}: {}`),
      files: mappings,
    });

    const result = await migration.run("run");

    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    const report = JSON.parse(await readFile(join(migration.work, "validate/report.json"), "utf8"));
    expect(report).toMatchObject({ verdict: "passed", summary: { failed: 0, warned: 0, skipped: 0 } });
    expect(tables).toHaveLength(16);
    for (const table of tables) expect([table, await target.count(table)]).toEqual([table, await source.count(table)]);
    for (const [asked, ofSource, ofTarget] of questions)
      expect([asked, await target.query(ofTarget)]).toEqual([asked, await source.query(ofSource)]);

    const back = await sakila({ withRows: false });
    const definitions = await Promise.all(tables.map((table) => definitionsOf(back, table)));
    const wayBack = await createMigration({
      source: target.url,
      target: back.url,
      extracts: tables.map((table) => `${table}: {}`),
      files: mappingsBack,
    });
    const done = await wayBack.run("run");

    expect(done, done.stderr).toMatchObject({ exitCode: 0 });
    for (const table of tables)
      expect([table, await back.query(contentOf(table))]).toEqual([table, await source.query(contentOf(table))]);
    expect(await Promise.all(tables.map((table) => definitionsOf(back, table)))).toEqual(definitions);
  },
);

// Each row as MariaDB has it, whatever order it stands in; a picture as its bytes.
const contentOf = (table: string): string => `SELECT * FROM ${table} ORDER BY 1, 2`;

/**
 * What the catalog says of a table, without the next number of AUTO_INCREMENT and the order of its indexes: that of a
 * foreign key stays while the others are built again behind it.
 */
async function definitionsOf(database: TestDatabase, table: string): Promise<string> {
  const [created, triggers] = [
    await database.query(`SHOW CREATE TABLE ${table}`),
    await database.query(`SHOW TRIGGERS LIKE '${table}'`),
  ];
  const lines = String(created[0]?.["Create Table"])
    .replace(/ AUTO_INCREMENT=\d+/, "")
    .split(/,?\n/);
  const isIndex = (line: string): boolean => /^ *(?:UNIQUE )?KEY /.test(line);
  const sorted = [...lines.filter((line) => !isIndex(line)), ...lines.filter(isIndex).toSorted()];
  return JSON.stringify([sorted, triggers.map(({ Created, ...trigger }) => trigger)]);
}

/** The same asked of both, where a plain copy would not do: what it is about, in MariaDB's words and in PostgreSQL's. */
const questions = [
  [
    "pictures, byte by byte",
    "SELECT staff_id, lower(hex(picture)) AS picture, CASE WHEN active = 1 THEN 't' ELSE 'f' END AS active FROM staff ORDER BY 1",
    "SELECT staff_id, encode(picture, 'hex') AS picture, active FROM staff ORDER BY 1",
  ],
  [
    "sets as lists",
    "SELECT special_features AS f, release_year AS y, rating AS r, count(*) AS n FROM film GROUP BY 1, 2, 3 ORDER BY cast(concat_ws('/', special_features, rating) AS binary)",
    "SELECT array_to_string(special_features, ',') AS f, release_year AS y, rating AS r, count(*) AS n FROM film GROUP BY 1, 2, 3 ORDER BY concat_ws('/', array_to_string(special_features, ','), rating) COLLATE \"C\"",
  ],
  [
    "money",
    "SELECT sum(amount) AS total, max(payment_date) AS latest, count(rental_id) AS rented FROM payment",
    "SELECT sum(amount) AS total, max(payment_date) AS latest, count(rental_id) AS rented FROM payment",
  ],
] as const;

/** Sakila as its own files make it, triggers included, in a database of ours. */
async function sakila({ withRows } = { withRows: true }): Promise<TestDatabase> {
  const [schema, data] = await Promise.all(
    ["schema.sql", "data.sql"].map(async (name) => forOneConnection(await readFile(join(folder, name), "utf8"))),
  );
  const database = await createMysqlDatabase(schema);
  onTestFinished(() => database.drop());
  if (withRows) await database.query(data ?? "");
  return database;
}

// Delimiters are the client's affair, and the name of the database is ours.
function forOneConnection(script: string): string {
  return script
    .replace(/^(DROP SCHEMA|CREATE SCHEMA|USE) .*;$/gm, "")
    .replace(/\bsakila\./g, "")
    .replace(/^DELIMITER .*$/gm, "")
    .replace(/;;|\/\/$|\$\$$/gm, ";");
}
