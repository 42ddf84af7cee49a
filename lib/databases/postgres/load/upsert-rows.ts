import type { Sql } from "../../../model/names.js";
import type { PartToLoad, UpsertOutcome } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { identifier, identifiers, joined, sql, trusted } from "../identifiers.js";
import { lockTable } from "./table-lock.js";

export interface UpsertRows {
  readonly found: FoundTable;
  /** The table as the specification writes it, for messages. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  readonly part: PartToLoad;
  /** Which of the part's rows to take: a condition over their columns, as `arriving.<column>`. */
  readonly only?: Sql;
}

/**
 * Inserts the parts' rows or updates the rows of the same key, inside the caller's transaction: of all these tables in
 * one statement, since foreign keys are checked at its end, and tables that refer to one another in a ring have no order
 * in which they could go in. Only rows that differ are touched, so that triggers and dead rows stay few. Values differ
 * when their texts do: 1.50 replaces 1.5, and types without equality (json, xml, point) can be compared too. Nobody else
 * writes the tables meanwhile.
 */
export async function upsertRows(
  connection: Connection,
  all: readonly UpsertRows[],
): Promise<readonly UpsertOutcome[]> {
  const staged: Staged[] = [];
  for (const [index, rows] of all.entries()) staged.push(await stage(connection, rows, index));
  const upserts = staged.map(({ name, upsert }) => sql`${name} AS (${upsert} RETURNING 1)`);
  const counts = staged.map(({ name }) => sql`(SELECT count(*) FROM ${name}) AS ${name}`);
  const [touched = {}] = await connection.query<Record<string, string>>(
    sql`WITH ${joined(upserts)} SELECT ${joined(counts)}`,
  );
  for (const { arriving } of staged) await connection.execute(sql`DROP TABLE ${arriving}`);
  return staged.map(({ total, matching }, index) => {
    const inserted = total - matching;
    const updated = Number(touched[nameOf(index)]) - inserted;
    return { inserted, updated, unchanged: matching - updated };
  });
}

const nameOf = (index: number): string => `waybill_arriving_${index}`;

/** Rows that arrived, and the statement that is to take them over. */
interface Staged {
  readonly name: Sql;
  readonly arriving: Sql;
  readonly total: number;
  readonly matching: number;
  readonly upsert: Sql;
}

// The temporary table has the target's types and none of its constraints. What is read from it is a fragment of FROM.
async function stage(connection: Connection, rows: UpsertRows, index: number): Promise<Staged> {
  const { found, table, columns, key, part, only } = rows;
  await lockTable(connection, found);
  const name = identifier(nameOf(index));
  await connection.execute(sql`CREATE TEMPORARY TABLE ${name} ON COMMIT DROP AS
    SELECT ${identifiers(columns)} FROM ${found.sql} WITH NO DATA`);
  const arriving = sql`pg_temp.${name}`;
  await copyPart(connection, { sql: arriving, name: table, columns }, part);
  const from = sql`(SELECT * FROM ${arriving} AS arriving WHERE ${only ?? sql`true`}) AS arriving`;
  return {
    name,
    arriving,
    total: await count(connection, from),
    matching: await count(connection, sql`${from} JOIN ${found.sql} AS there ON ${matches(key)}`),
    upsert: await upsertStatement(connection, rows, from),
  };
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
  { found: table, columns, key }: UpsertRows,
  staged: Sql,
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
