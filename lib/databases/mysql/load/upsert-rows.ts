// What holds of merging rows into a table:
// 1. The rows of these keys, and the gaps where new ones go, are locked from before they are looked at until the
//    transaction ends. Other rows are free: MySQL can lock a whole table only where it commits.
// 2. Only rows that are new or differ are touched, so that triggers, locks and the log stay few.
// 3. Every row that was to be touched was: the server's count says so, or nothing is written.
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { MergeKey } from "../../merge-key.js";
import type { DatabaseColumn, DatabaseTable, ForeignKey } from "../../port.js";
import type { FoundTable } from "../catalog.js";
import { isFloatingPoint, kindOf } from "../column-types.js";
import { describeTable } from "../describe-table.js";
import { identifier, identifiers, trusted } from "../identifiers.js";
import { countOrphans, type KeyOfAnother, keysOfOthers, uncheckedForeignKeys } from "./foreign-keys.js";
import { assertNew, assertTellable, sameKey } from "./merge-key.js";
import { refusalOf, refusedRows } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";
import { findTouched, isTouched, type TouchedRows } from "./touched-rows.js";
import { warningsOf } from "./warnings.js";

/** Rows that have arrived beside a table. */
export interface ArrivedRows {
  readonly found: FoundTable;
  readonly merge: MergeKey;
  /** The table they are in: it has the target's types and none of its constraints. */
  readonly arrived: Sql;
  readonly rowCount: number;
  /** Rows of the same key: an update, or a refusal. */
  readonly mode: "upsert" | "insert";
  /** "keep": columns that change with every update do so, as a trigger would have it. */
  readonly triggers: "aside" | "keep";
  /** Tells the tables of one transaction apart. */
  readonly index: number;
}

/** What became of the rows, and those of the target that changed as they were before. */
export interface MergedRows {
  readonly touched: TouchedRows;
  readonly unchanged: number;
}

/**
 * Inserts the rows that arrived or updates the rows of the same key, inside the caller's transaction. Foreign keys of
 * tables that refer to one another, or to themselves, are proved when all rows are there: MySQL looks at them row by
 * row, and a ring has no order. Throws "integrity" where a row has no key of its own.
 */
export async function upsertRows(
  connection: TargetConnection,
  all: readonly ArrivedRows[],
): Promise<readonly MergedRows[]> {
  const merging: Merging[] = [];
  for (const rows of all) merging.push(await prepare(connection, rows));
  const write = async () => {
    for (const one of merging) await writeRows(connection, one);
  };
  if (merging.every(({ described }) => !refersAmong(described, merging))) await write();
  else {
    await uncheckedForeignKeys(connection, write);
    for (const one of merging) await assertKeysHold(connection, one);
  }
  return merging.map(({ touched, rows }) => ({
    touched,
    unchanged: rows.rowCount - touched.inserted - touched.updated,
  }));
}

interface Merging {
  readonly rows: ArrivedRows;
  readonly described: DatabaseTable;
  readonly touched: TouchedRows;
  /** Columns that an update sets. */
  readonly changing: readonly DatabaseColumn[];
}

function refersAmong({ foreignKeys }: DatabaseTable, merging: readonly Merging[]): boolean {
  return foreignKeys.some((key) => merging.some(({ described }) => refersTo(key, described)));
}

const refersTo = ({ parent }: ForeignKey, { qualifiedName }: DatabaseTable): boolean => parent === qualifiedName;

async function prepare(connection: TargetConnection, rows: ArrivedRows): Promise<Merging> {
  const { found, merge, arrived: from, mode, index } = rows;
  const described = await describeTable(connection, found);
  const columns = described.columns.filter(({ generated }) => !generated);
  const named = (names: readonly string[]) => names.flatMap((name) => columns.filter((column) => column.name === name));
  const changing = named(merge.columns).filter((column) => !merge.key.includes(column.name) || !isExact(column));
  const arriving = { found, from, merge };
  await assertTellable(connection, arriving);
  const touched = await findTouched(connection, {
    found,
    columns,
    key: named(merge.key),
    from,
    compared: changing,
    index,
  });
  // Once they are locked: nobody can insert such a key any more.
  if (mode === "insert") await assertNew(connection, arriving);
  return { rows, described, touched, changing };
}

// Of a text, equal values need not be the same: A and a, or with a blank at the end. So do -0 and 0.
function isExact(column: DatabaseColumn): boolean {
  return !["characters", "text", "geometry"].includes(kindOf(column)) && !isFloatingPoint(column);
}

// Updates first: a unique value may go from a row that was there to a new one, never the other way round.
async function writeRows(connection: TargetConnection, merging: Merging): Promise<void> {
  const { rows, touched } = merging;
  const { inserted, updated } = touched;
  const written =
    (updated === 0 ? 0 : await changed(connection, rows, await updateStatement(connection, merging))) +
    (inserted === 0 ? 0 : await changed(connection, rows, insertStatement(merging)));
  if (written === inserted + updated) return;
  throw new StageError(
    "integrity",
    `${rows.found.qualifiedName}: ${inserted + updated} rows were to be inserted or updated, the target wrote ${written}; nothing was kept`,
    "look for a trigger that changes rows while they are written",
  );
}

async function updateStatement(connection: TargetConnection, { rows, touched, changing }: Merging): Promise<Sql> {
  const { found, arrived, merge, triggers } = rows;
  const set = changing.map(({ name }) => sql`there.${identifier(name)} = arriving.${identifier(name)}`);
  const still = triggers === "keep" ? [] : await columnsThatFollow(connection, rows);
  const kept = still.map((name) => sql`there.${identifier(name)} = there.${identifier(name)}`);
  return sql`UPDATE ${arrived} AS arriving STRAIGHT_JOIN ${touched.sql} AS touched ON ${isTouched(touched, trusted("arriving"))}
      STRAIGHT_JOIN ${found.sql} AS there ON ${sameKey(merge.key)}
    SET ${join([...set, ...kept], ", ")} WHERE NOT touched.\`~inserted\``;
}

// ON UPDATE CURRENT_TIMESTAMP: what no mapping speaks of stays as it is.
async function columnsThatFollow(connection: TargetConnection, { found, merge }: ArrivedRows) {
  const rows = await connection.query(sql`SELECT COLUMN_NAME FROM information_schema.COLUMNS
    WHERE ${found.place} AND EXTRA LIKE '%on update%'`);
  return rows.flatMap(([name]) => (name == null || merge.columns.includes(name) ? [] : [name]));
}

function insertStatement({ rows, touched }: Merging): Sql {
  const { found, arrived, merge, rowCount } = rows;
  const names = identifiers(merge.columns);
  const values = merge.columns.map((name) => sql`arriving.${identifier(name)}`);
  const only = sql`STRAIGHT_JOIN ${touched.sql} AS touched ON ${isTouched(touched, trusted("arriving"))} WHERE touched.\`~inserted\``;
  return sql`INSERT INTO ${found.sql} (${names}) SELECT ${join(values, ", ")} FROM ${arrived} AS arriving
    ${touched.inserted === rowCount ? sql`` : only}`;
}

async function changed(connection: TargetConnection, { found }: ArrivedRows, statement: Sql): Promise<number> {
  const { rowCount, warningCount } = await connection.execute(statement).catch((error: unknown) => {
    throw placed(error, found);
  });
  const warnings = await warningsOf(connection, warningCount);
  if (warnings.length > 0) throw refusedRows(found.qualifiedName, warnings, warnings.length);
  return rowCount;
}

// The server names the constraint, not always the table.
function placed(error: unknown, { qualifiedName }: FoundTable): unknown {
  if (!(error instanceof StageError) || refusalOf(error) === undefined) return error;
  const hint = "correct the rows, or let such rows be put aside: load: { on_reject: quarantine }";
  return new StageError(error.kind, `${qualifiedName}: ${error.message}`, hint, error.cause);
}

/** Throws "integrity" where a row that was written refers to none, or one refers to it no more. */
async function assertKeysHold(connection: TargetConnection, merging: Merging): Promise<void> {
  const { rows, described, changing } = merging;
  const { found } = rows;
  const own = described.foreignKeys.map((key) => ({ child: found, key }));
  const isMoved = ({ key }: KeyOfAnother): boolean => changing.some(({ name }) => key.parentColumns.includes(name));
  const referring = [...(await keysOfOthers(connection, found)), ...own.filter(({ key }) => refersTo(key, described))];
  const written = own.map(({ key }) => ({ child: { ...found, sql: writtenRows(merging, key.columns) }, key }));
  for (const { child, key } of [...written, ...referring.filter(isMoved)]) {
    const orphans = await countOrphans(connection, { child, key });
    if (orphans === 0) continue;
    throw new StageError(
      "integrity",
      `${child.qualifiedName}: ${orphans} rows would refer to no row of ${key.parent} (foreign key ${key.name}); nothing was written`,
      "load that table as well, or correct the mapping",
    );
  }
}

function writtenRows({ rows: { found }, touched }: Merging, columns: readonly string[]): Sql {
  const values = columns.map((name) => sql`there.${identifier(name)}`);
  return sql`(SELECT ${join(values, ", ")} FROM ${touched.sql} AS touched
    STRAIGHT_JOIN ${found.sql} AS there ON ${isTouched(touched, trusted("there"))})`;
}
