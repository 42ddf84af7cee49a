import type { Readable } from "node:stream";
import type { Sql } from "../../../model/names.js";
import type { KeptColumn } from "../../kept-port.js";
import type { DatabaseColumn } from "../../port.js";
import type { ChangedRows, Changes } from "../../rollback-port.js";
import type { Generation } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifiers, joined, literal, sql, trusted } from "../identifiers.js";
import type { GenerationKey } from "../load/generations.js";
import { copiedText } from "../row-text.js";

/** What stands first in a file of saved changes: what others did to the row. */
export const changeColumn = "_change";

const shownKeys = 5;

/** A table that a load replaced as a whole. */
export interface ReplacedTable {
  readonly key: GenerationKey;
  readonly found: FoundTable;
  readonly generation: Generation;
  readonly columns: readonly DatabaseColumn[];
  /** The columns that name a row. */
  readonly naming: readonly string[];
}

/**
 * What others did to a table that a load replaced as a whole. Every row bears the number of the transaction that wrote
 * it, also after VACUUM in all its kinds, and the ledger has those of the load.
 */
export async function changesOfReplaced(connection: Connection, table: ReplacedTable): Promise<Changes> {
  const { found, generation, columns, naming } = table;
  const foreign = byOthers(table);
  const [row] = await connection.query<{ all: string; written: string }>(
    sql`SELECT count(*) AS all, count(*) FILTER (WHERE ${foreign}) AS written FROM ${found.sql} AS t`,
  );
  const written = Number(row?.written);
  // A trigger that ran with the load may have added rows of its own: these are the load's too.
  const gone = Math.max(0, generation.counts.after - (Number(row?.all) - written));
  const keys =
    written === 0 ? [] : await keysOf(connection, sql`${found.sql} AS t WHERE ${foreign}`, { columns, naming });
  return { written, gone, keys };
}

/** The columns of a file of changes, and the rows that others wrote, as they are now. */
export function writtenByOthers(connection: Connection, table: ReplacedTable): ChangedRows {
  const { found, columns } = table;
  const from = sql`${found.sql} AS t WHERE ${byOthers(table)}`;
  return changedRows(connection, columns, sql`SELECT 'written', ${identifiers(namesOf(columns))} FROM ${from}`);
}

/** The columns of a file of changes, and its rows out of a SELECT that gives the kind of the change first. */
export function changedRows(connection: Connection, columns: readonly DatabaseColumn[], select: Sql): ChangedRows {
  const kept: readonly KeptColumn[] = [{ name: changeColumn, type: "string" }, ...columns];
  const rows: Readable = connection.copyTo(sql`COPY (${select}) TO STDOUT (FORMAT csv, NULL '\\N', ENCODING 'UTF8')`);
  return { columns: kept, rows };
}

/** The keys of the first few rows of what stands after FROM. */
export async function keysOf(
  connection: Connection,
  from: Sql,
  { columns, naming }: Pick<ReplacedTable, "columns" | "naming">,
): Promise<readonly string[]> {
  const named = naming.flatMap((name) => columns.filter((column) => column.name === name));
  if (named.length === 0) return [];
  const texts = named.map(copiedText);
  const key = named.length === 1 ? joined(texts) : sql`to_json(ARRAY[${joined(texts)}]::text[])::text`;
  const rows = await connection.query<{ shown_key: string }>(
    sql`SELECT ${key} AS shown_key FROM ${from} ORDER BY ${identifiers(naming)} LIMIT ${trusted(String(shownKeys))}`,
  );
  return rows.map((row) => row.shown_key);
}

const namesOf = (columns: readonly DatabaseColumn[]): readonly string[] => columns.map(({ name }) => name);

function byOthers({ key: { migration, table, generation } }: ReplacedTable): Sql {
  const of = sql`migration = ${literal(migration)} AND table_name = ${literal(table)} AND generation = ${literal(generation)}`;
  return sql`t.xmin::text NOT IN (SELECT transaction_id FROM waybill.generations WHERE ${of}
    UNION SELECT transaction_id FROM waybill.loads WHERE ${of})`;
}
