import type { Sql } from "../../model/names.js";
import type { PartToLoad, UpsertOutcome } from "../port.js";
import type { FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { copyPart } from "./copy-part.js";
import { identifier, identifiers, joined, sql, trusted } from "./identifiers.js";
import { lockTable } from "./replace-table.js";

export interface UpsertRows {
  /** The table as the specification writes it, for messages. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly part: PartToLoad;
  /** Which of the part's rows to take: a condition over their columns, as `arriving.<column>`. */
  readonly only?: Sql;
}

/**
 * Inserts the part's rows or updates the rows of the same key, inside the caller's transaction. Only rows that differ
 * are touched, so that triggers and dead rows stay few. Values differ when their texts do: 1.50 replaces 1.5, and
 * types without equality (json, xml, point) can be compared too. Nobody else writes the table meanwhile.
 */
export async function upsertRows(connection: Connection, table: FoundTable, rows: UpsertRows): Promise<UpsertOutcome> {
  await lockTable(connection, table);
  const staged = await stage(connection, table, rows);
  const matching = await count(connection, sql`${staged} JOIN ${table.sql} AS there ON ${matches(rows.key)}`);
  const total = await count(connection, staged);
  const touched = await connection.execute(await upsertStatement(connection, table, { ...rows, staged }));
  await connection.execute(sql`DROP TABLE pg_temp.waybill_arriving`);
  const inserted = total - matching;
  return { inserted, updated: touched - inserted, unchanged: matching - (touched - inserted) };
}

// The temporary table has the target's types and none of its constraints. What is read from it is a fragment of FROM.
async function stage(
  connection: Connection,
  table: FoundTable,
  { table: name, columns, part, only }: UpsertRows,
): Promise<Sql> {
  await connection.execute(sql`CREATE TEMPORARY TABLE waybill_arriving ON COMMIT DROP AS
    SELECT ${identifiers(columns)} FROM ${table.sql} WITH NO DATA`);
  const arriving = sql`pg_temp.waybill_arriving`;
  await copyPart(connection, { sql: arriving, name, columns }, part);
  return sql`(SELECT * FROM ${arriving} AS arriving WHERE ${only ?? sql`true`}) AS arriving`;
}

async function count(connection: Connection, from: Sql): Promise<number> {
  const rows = await connection.query<{ count: string }>(sql`SELECT count(*) AS count FROM ${from}`);
  return Number(rows[0]?.count);
}

const matches = (key: readonly string[]): Sql =>
  joined(
    key.map((name) => sql`there.${identifier(name)} = arriving.${identifier(name)}`),
    " AND ",
  );

async function upsertStatement(
  connection: Connection,
  table: FoundTable,
  { columns, key, staged }: UpsertRows & { readonly staged: Sql },
): Promise<Sql> {
  const fixed = new Set([...key, ...(await alwaysGenerated(connection, table))]);
  const changing = columns.filter((column) => !fixed.has(column)).map(identifier);
  const update = sql`UPDATE SET ${joined(changing.map((name) => sql`${name} = EXCLUDED.${name}`))}
    WHERE ROW(${joined(changing.map((name) => sql`there.${name}::text`))})
      IS DISTINCT FROM ROW(${joined(changing.map((name) => sql`EXCLUDED.${name}::text`))})`;
  return sql`INSERT INTO ${table.sql} AS there (${identifiers(columns)}) OVERRIDING SYSTEM VALUE
    SELECT ${identifiers(columns)} FROM ${staged}
    ON CONFLICT (${identifiers(key)}) DO ${changing.length === 0 ? sql`NOTHING` : update}`;
}

// GENERATED ALWAYS AS IDENTITY can be inserted by OVERRIDING, but never updated.
async function alwaysGenerated(connection: Connection, table: FoundTable): Promise<readonly string[]> {
  const rows = await connection.query<{ name: string }>(
    sql`SELECT attname AS name FROM pg_attribute WHERE attrelid = ${trusted(table.oid)} AND attidentity = 'a'`,
  );
  return rows.map((row) => row.name);
}
