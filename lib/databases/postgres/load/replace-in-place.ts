// What holds of replacing a table:
// 1. Emptying, loading and the ledger's lines are one transaction: a crash anywhere leaves the rows that were there.
// 2. Rows that the ledger does not account for are never removed unless the caller confirmed it.
// 3. Nothing commits unless the server counted, part by part, what the manifest promised.
// 4. One writer at a time: the table is locked before its rows are counted.
import { StageError } from "../../../model/errors.js";
import type { Replacement, ReplaceOutcome, ReplaceRequest } from "../../port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { literal, sql, trusted } from "../identifiers.js";
import { accountedRows, deleteLines, ensureLedger, writeLine } from "./loads-ledger.js";
import { assertLoadable, triggerWarnings } from "./obstacles.js";

/** Exchanges all rows of a table for those of the parts, or changes nothing. The primary key stays in place. */
export async function replaceTable(connection: Connection, request: ReplaceRequest): Promise<ReplaceOutcome> {
  await ensureLedger(connection);
  const table = await findTable(connection, request.table);
  await assertLoadable(connection, table, request.columns);
  return await connection.transaction(async () => {
    await lockTable(connection, table);
    const before = await assertOurs(connection, table, request);
    const emptied = await empty(connection, table);
    await deleteLines(connection, table.qualifiedName);
    const freeze = emptied === "truncated" && table.kind === "table";
    const goal = { sql: table.sql, name: request.table, columns: request.columns, freeze };
    for (const part of request.parts) {
      await copyPart(connection, goal, part);
      const { name, hash, rowCount } = part;
      const line = { generation: request.generation, part: name, hash, rowCount };
      await writeLine(connection, { migration: request.migration, table: table.qualifiedName }, line);
    }
    const loaded = request.parts.reduce((sum, part) => sum + part.rowCount, 0);
    return { before, loaded, warnings: await triggerWarnings(connection, table) };
  });
}

/** Throws what replacing would refuse before the first row. It looks only, so it needs no lock and no ledger. */
export async function assertReplaceable(connection: Connection, replacement: Replacement): Promise<void> {
  const table = await findTable(connection, replacement.table);
  await assertLoadable(connection, table, replacement.columns);
  await assertOurs(connection, table, replacement);
}

/** Locks a table against other writers until the transaction ends; readers go on. Throws "temporary" if it is busy. */
export async function lockTable(connection: Connection, table: FoundTable): Promise<void> {
  const rows = await connection.query<{ locked: string }>(
    sql`SELECT pg_try_advisory_xact_lock(hashtextextended(${literal(`waybill load ${table.qualifiedName}`)}, 0)) AS locked`,
  );
  if (rows[0]?.locked !== "t")
    throw new StageError("temporary", `another run is loading ${table.qualifiedName}`, "try again when it is done");
  // Long enough for a busy application to let go, short enough to say so before the night is over.
  await connection.execute(sql`SET LOCAL lock_timeout = '60s'`);
  await connection.execute(sql`LOCK TABLE ${table.sql} IN SHARE ROW EXCLUSIVE MODE`);
}

/** The number of rows in a table. */
export async function countRows(connection: Connection, table: FoundTable): Promise<number> {
  const rows = await connection.query<{ count: string }>(sql`SELECT count(*) AS count FROM ${table.sql}`);
  return Number(rows[0]?.count);
}

async function assertOurs(connection: Connection, table: FoundTable, request: Replacement): Promise<number> {
  const present = await countRows(connection, table);
  if (present === 0 || request.confirmed) return present;
  const ours = await accountedRows(connection, request.migration, table.qualifiedName);
  if (present === ours) return present;
  // Fewer rows than we loaded: somebody deleted some. That alone endangers nobody's rows, if the rest is ours.
  if (present < ours && (await strangers(connection, table, request.migration)) === 0) return present;
  throw new StageError(
    "integrity",
    `${table.qualifiedName} holds ${present} rows, but ${request.migration} loaded ${ours} of them`,
    `look at them first; to replace them all the same: --confirm ${request.migration}`,
  );
}

// Rows and the ledger's line that speaks of them were written by one transaction, and both still bear its number.
async function strangers(connection: Connection, table: FoundTable, migration: string): Promise<number> {
  const rows = await connection.query<{ count: string }>(
    sql`SELECT count(*) AS count FROM ${table.sql} AS t WHERE t.xmin::text NOT IN (
        SELECT l.xmin::text FROM waybill.loads l WHERE l.migration = $1 AND l.table_name = $2)`,
    [migration, table.qualifiedName],
  );
  return Number(rows[0]?.count);
}

// TRUNCATE where it is allowed: it leaves no dead rows, and lets COPY write frozen ones. A foreign key from another
// table forbids it, even where no row refers to this one.
async function empty(connection: Connection, table: FoundTable): Promise<"truncated" | "deleted"> {
  const oid = trusted(table.oid);
  const rows = await connection.query<{ truncates: string }>(
    sql`SELECT has_table_privilege(${oid}::oid, 'TRUNCATE') AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE confrelid = ${oid} AND conrelid <> ${oid} AND contype = 'f') AS truncates`,
  );
  const truncates = rows[0]?.truncates === "t";
  await connection.execute(truncates ? sql`TRUNCATE ${table.sql}` : sql`DELETE FROM ${table.sql}`);
  return truncates ? "truncated" : "deleted";
}
