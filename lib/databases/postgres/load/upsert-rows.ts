// What holds of merging rows into a table:
// 1. Nobody else writes the table from before its rows are looked at until the transaction ends.
// 2. Only rows that are new or differ are touched, so that triggers, locks and dead rows stay few.
// 3. Every row that was to be touched was: the server's count says so, or nothing is written.
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { MergeKey } from "../../merge-key.js";
import { describeTable, type FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, identifiers, joined, sql } from "../identifiers.js";
import { assertNew, assertTellable, fixedColumns } from "./merge-key.js";
import { findTouched, isTouched, type TouchedRows } from "./touched-rows.js";

/** Rows that have arrived beside a table. */
export interface ArrivedRows {
  readonly found: FoundTable;
  readonly merge: MergeKey;
  /** The table they are in: it has the target's types and none of its constraints. */
  readonly arrived: Sql;
  readonly rowCount: number;
  /** Rows of the same key: an update, or a refusal. */
  readonly mode: "upsert" | "insert";
  /** Tells the tables of one transaction apart. */
  readonly index: number;
}

/** What became of the rows, and those of the target that changed as they were before. */
export interface MergedRows {
  readonly touched: TouchedRows;
  readonly unchanged: number;
}

/**
 * Inserts the rows that arrived or updates the rows of the same key, inside the caller's transaction, which has locked the
 * tables: of all these tables in one statement, since foreign keys are checked at its end, and tables that refer to one
 * another in a ring have no order in which they could go in. Throws "integrity" where a row has no key of its own.
 */
export async function upsertRows(connection: Connection, all: readonly ArrivedRows[]): Promise<readonly MergedRows[]> {
  const merged: MergedRows[] = [];
  const statements: { readonly statement: Sql; readonly touched: TouchedRows; readonly table: string }[] = [];
  for (const rows of all) {
    const { touched, statement } = await prepare(connection, rows);
    const count = touched.inserted + touched.updated;
    merged.push({ touched, unchanged: rows.rowCount - count });
    if (count > 0) statements.push({ statement, touched, table: rows.found.qualifiedName });
  }
  const written = await writtenBy(
    connection,
    statements.map(({ statement }) => statement),
  );
  for (const [index, { touched, table }] of statements.entries()) assertWritten(table, touched, written[index] ?? 0);
  return merged;
}

async function writtenBy(connection: Connection, statements: readonly Sql[]): Promise<readonly number[]> {
  const [only, ...more] = statements;
  if (only === undefined) return [];
  if (more.length === 0) return [await connection.execute(only)];
  const name = (index: number) => identifier(`written_${index}`);
  const parts = statements.map((statement, index) => sql`${name(index)} AS (${statement} RETURNING 1)`);
  const counts = statements.map((_, index) => sql`(SELECT count(*) FROM ${name(index)}) AS ${name(index)}`);
  const [row = {}] = await connection.query<Record<string, string>>(
    sql`WITH ${joined(parts)} SELECT ${joined(counts)}`,
  );
  return statements.map((_, index) => Number(row[`written_${index}`]));
}

function assertWritten(table: string, { inserted, updated }: TouchedRows, written: number): void {
  if (written === inserted + updated) return;
  throw new StageError(
    "integrity",
    `${table}: ${inserted + updated} rows were to be inserted or updated, the target wrote ${written}; nothing was kept`,
    "a trigger may hold rows back: load: { triggers: aside } keeps it from running",
  );
}

async function prepare(connection: Connection, rows: ArrivedRows) {
  const { found, merge, arrived, rowCount, mode, index } = rows;
  const { key, columns } = merge;
  const arriving = sql`${arrived} AS arriving`;
  await assertTellable(connection, arriving, merge);
  if (mode === "insert") await assertNew(connection, { found, arriving, merge });
  const described = await describeTable(connection, found.qualifiedName);
  const writable = described.columns.filter(({ generated }) => !generated);
  const { exactKey, computed } = await fixedColumns(connection, found, key);
  const compared = columns.filter((name) => !exactKey.includes(name));
  const touched = await findTouched(connection, { found, columns: writable, key, arriving, compared, index });
  if (touched.updated > 0)
    await assertSettable(connection, { rows, touched, columns: compared.filter((name) => computed.includes(name)) });
  const changing = compared.filter((name) => !computed.includes(name)).map(identifier);
  const update = sql`UPDATE SET ${joined(changing.map((name) => sql`${name} = EXCLUDED.${name}`))}`;
  const conflict = sql`ON CONFLICT (${identifiers(key)}) DO ${changing.length === 0 ? sql`NOTHING` : update}`;
  const all = touched.inserted + touched.updated === rowCount;
  const statement = sql`INSERT INTO ${found.sql} AS there (${identifiers(columns)}) OVERRIDING SYSTEM VALUE
    SELECT ${identifiers(columns)} FROM ${arriving} ${all ? sql`` : sql`WHERE ${isTouched(touched, sql`arriving`)}`}
    ${mode === "insert" ? sql`` : conflict}`;
  return { touched, statement };
}

interface Settable {
  readonly rows: ArrivedRows;
  readonly touched: TouchedRows;
  readonly columns: readonly string[];
}

// GENERATED ALWAYS AS IDENTITY can be inserted by OVERRIDING, but never updated.
async function assertSettable(connection: Connection, { rows, touched, columns }: Settable): Promise<void> {
  const { found, merge, arrived } = rows;
  for (const name of columns) {
    const [row] = await connection.query<{ count: string }>(sql`
      SELECT count(*) AS count FROM ${arrived} AS arriving JOIN ${found.sql} AS there
        ON ${joined(
          merge.key.map((one) => sql`there.${identifier(one)} = arriving.${identifier(one)}`),
          " AND ",
        )}
      WHERE there.${identifier(name)} IS DISTINCT FROM arriving.${identifier(name)} AND ${isTouched(touched, sql`arriving`)}`);
    if (row?.count === "0") continue;
    throw new StageError(
      "integrity",
      `${merge.table}: ${row?.count} rows have another ${name} than those of the same key in ${found.qualifiedName}, which is GENERATED ALWAYS and cannot be updated; nothing was written`,
      `ALTER TABLE ${found.sql} ALTER ${identifier(name)} SET GENERATED BY DEFAULT, or leave ${name} out of the mapping`,
    );
  }
}
