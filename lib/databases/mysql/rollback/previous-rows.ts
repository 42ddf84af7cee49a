import { join, sql } from "../../../mapping/sql.js";
import { emptyChecksum } from "../../../model/checksum.js";
import type { KeptColumn } from "../../kept-port.js";
import type { DatabaseColumn } from "../../port.js";
import {
  assertAllBack,
  assertSameShape,
  formerRowsChanged,
  formerRowsCounted,
  formerRowsGone,
} from "../../rollback-faults.js";
import type { CameBack, ChangedRows, Changes } from "../../rollback-port.js";

import type { Generation } from "../../target-port.js";
import { columnsOf, type FoundTable, tableAt } from "../catalog.js";
import { fileText } from "../column-text.js";
import type { Connection } from "../connection.js";
import { identifiers, parseQualified } from "../identifiers.js";
import { isThere } from "../load/kept-tables.js";
import { type KnownUndo, sumOfRows } from "../load/known-rows.js";
import { countRows } from "../load/obstacles.js";
import type { TargetConnection } from "../load/target-connection.js";
import { rowsChecksum } from "../row-checksum.js";

/** A table that a load replaced as a whole. */
export interface ReplacedTable {
  readonly found: FoundTable;
  readonly generation: Generation;
  /** Those that can be written. */
  readonly columns: readonly DatabaseColumn[];
  readonly previous: KnownUndo;
}

/** What others did to the table since: MySQL says that, and not to which rows. */
export async function changesOfReplaced(connection: Connection, table: ReplacedTable): Promise<Changes> {
  const { found, generation, previous } = table;
  const count = await countRows(connection, found);
  const { after } = generation.counts;
  if (count === after && (await sumOfRows(connection, found)) === previous.loadedSum)
    return { written: 0, gone: 0, keys: [] };
  return { written: count, gone: Math.max(0, after - count), keys: [], whichUnknown: true };
}

/** The columns of a file of changes, and its rows: all that are there, since any of them may be somebody's. */
export function rowsThatAreThere(connection: Connection, { found, columns }: ReplacedTable): ChangedRows {
  const kept: readonly KeptColumn[] = [{ name: "_change", type: "string" }, ...columns];
  const texts = columns.map((column) => fileText(column));
  const { rows } = connection.copyTo(sql`SELECT 'there', ${join(texts, ", ")} FROM ${found.sql} AS source`, {
    extract: found.qualifiedName,
    columns: kept.map(({ name }) => name),
  });
  return { columns: kept, rows };
}

/** Throws "missing" or "integrity" unless the rows that were kept are all there, as they were. */
export async function assertPrevious(connection: Connection, { found, previous }: ReplacedTable): Promise<void> {
  if (previous.kind === "empty") return;
  const kept = keptTable(found, previous.table);
  if (!(await isThere(connection, kept))) throw formerRowsGone(found.qualifiedName, previous);
  const shape = async ({ place }: FoundTable) =>
    (await columnsOf(connection, place)).map(({ name, databaseType }) => `${name} ${databaseType}`);
  const shapes = { now: await shape(found), former: await shape(kept) };
  assertSameShape(found.qualifiedName, previous.table, shapes);
  const count = await countRows(connection, kept);
  if (count !== previous.rows) throw formerRowsCounted(found.qualifiedName, previous, count);
  if (previous.keptSum !== undefined && (await sumOfRows(connection, kept)) !== previous.keptSum)
    throw formerRowsChanged(found.qualifiedName, previous, "some were");
}

function keptTable({ schema: own }: FoundTable, name: string): FoundTable {
  const { schema = own, name: table } = parseQualified(name);
  return tableAt(schema, table);
}

/**
 * Brings the former rows back in exchange for those of the load, and proves it: their number and their checksum are
 * those of the rows that were kept. By DELETE and INSERT, since RENAME would commit what all tables are one transaction for.
 */
export async function bringBack(connection: TargetConnection, table: ReplacedTable): Promise<CameBack> {
  const { found, previous, columns } = table;
  const { rowCount: removed } = await connection.execute(sql`DELETE FROM ${found.sql}`);
  if (previous.kind === "empty") return { restored: 0, removed, checksum: emptyChecksum };
  const kept = keptTable(found, previous.table);
  const names = identifiers(columns.map(({ name }) => name));
  const { rowCount: restored } = await connection.execute(
    sql`INSERT INTO ${found.sql} (${names}) SELECT ${names} FROM ${kept.sql}`,
  );
  const checksum = await rowsChecksum(connection, sql`${kept.sql} AS source`, columns);
  assertAllBack(found.qualifiedName, await rowsChecksum(connection, sql`${found.sql} AS source`, columns), checksum);
  return { restored, removed, checksum };
}
