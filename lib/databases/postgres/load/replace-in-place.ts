// What holds of replacing a table in place:
// 1. Emptying, loading and the ledger's lines are one transaction: a crash anywhere leaves the rows that were there.
// 2. Rows that the ledger does not account for are never removed unless the caller confirmed it.
// 3. Nothing commits unless the server counted, part by part, what the manifest promised.
// 4. The rows that were there are kept in the schema waybill, in the same transaction.
// 5. One writer at a time: the table is locked before its rows are counted.
import { StageError } from "../../../model/errors.js";
import type { Undo } from "../../kept-port.js";
import type { Trial } from "../../refused-rows.js";
import type { LoadCheck, LoadOutcome, LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { qualified, sql, trusted } from "../identifiers.js";
import { assertKeysHold, enforceKeys } from "./enforced-keys.js";
import { accountedRows, type GenerationKey, makeRoom, settleGeneration, writeLine } from "./generations.js";
import { previousTable } from "./kept-tables.js";
import { ensureLedger, hasLedger } from "./ledger.js";
import { assertLoadable, triggerWarnings } from "./obstacles.js";
import { forgetOpen } from "./open-generation.js";
import { lockTable } from "./table-lock.js";
import { withTriggersAside } from "./user-triggers.js";

/** Exchanges all rows of a table for those of the parts, or changes nothing. The primary key stays in place. */
export async function replaceInPlace(connection: Connection, request: LoadRequest): Promise<LoadOutcome> {
  await ensureLedger(connection);
  const table = await findTable(connection, request.table);
  await assertLoadable(connection, table, request.columns);
  const { migration, generation } = request;
  const key = { migration, table: table.qualifiedName, generation };
  return await connection.transaction(async () => {
    await lockTable(connection, table);
    const before = await assertOurs(connection, table, request);
    const undo = await keepPrevious(connection, table, before);
    await forgetOpen(connection, table.qualifiedName);
    await makeRoom(connection, key);
    const fill = () => fillAnew(connection, table, { request, key });
    const triggersRun = await doTriggersRun(connection, table, request);
    await (triggersRun ? fill() : withTriggersAside(connection, table, fill));
    // Now, and not when all is committed: a row that a key refuses must leave the table as it was.
    await assertKeysHold(connection, table, request);
    await request.beforeCommit();
    const inserted = request.parts.reduce((sum, part) => sum + part.rowCount, 0);
    const quarantined = request.rejects.aside?.rowCount ?? 0;
    const counts = { before, inserted, updated: 0, unchanged: 0, quarantined, after: inserted };
    await settleGeneration(connection, key, { mode: "replace", way: "in place", counts, undo });
    return { way: "in place", counts, warnings: triggersRun ? await triggerWarnings(connection, table) : [] };
  });
}

interface Filling {
  readonly request: LoadRequest;
  readonly key: GenerationKey;
}

async function fillAnew(connection: Connection, table: FoundTable, { request, key }: Filling): Promise<void> {
  const { generation, columns, parts } = request;
  const freeze = (await empty(connection, table)) === "truncated";
  for (const part of parts) {
    await copyPart(connection, { sql: table.sql, name: request.table, columns, freeze }, part);
    await writeLine(connection, key, { generation, part: part.name, hash: part.hash, rowCount: part.rowCount });
  }
}

// Triggers are the owner's to disable.
async function doTriggersRun(connection: Connection, { oid }: FoundTable, { triggers }: LoadRequest): Promise<boolean> {
  if (triggers === "keep") return true;
  const [row] = await connection.query<{ owner: string }>(
    sql`SELECT pg_has_role(relowner, 'USAGE') AS owner FROM pg_class WHERE oid = ${trusted(oid)}`,
  );
  return row?.owner !== "t";
}

/** Tries rows in the table itself, emptied, with all in place that could refuse one. */
export async function trialInPlace(connection: Connection, request: LoadRequest): Promise<Trial> {
  const table = await findTable(connection, request.table);
  const goal = { sql: table.sql, name: request.table, columns: request.columns };
  return {
    table: table.sql,
    begin: async () => {
      await lockTable(connection, table);
      await empty(connection, table);
      if (!(await doTriggersRun(connection, table, request)))
        await connection.execute(sql`ALTER TABLE ${table.sql} DISABLE TRIGGER USER`);
      return await enforceKeys(connection, table, request);
    },
    take: (rows) => copyPart(connection, goal, rows),
  };
}

/** Throws what replacing would refuse before the first row. It looks only, so it needs no lock and no ledger. */
export async function assertReplaceable(connection: Connection, check: LoadCheck): Promise<void> {
  const table = await findTable(connection, check.table);
  await assertLoadable(connection, table, check.columns);
  await assertOurs(connection, table, check);
}

/** The number of rows in a table. */
export async function countRows(connection: Connection, table: FoundTable): Promise<number> {
  const rows = await connection.query<{ count: string }>(sql`SELECT count(*) AS count FROM ${table.sql}`);
  return Number(rows[0]?.count);
}

/** How many rows the table holds. Throws "integrity" where some of them are nobody's or another migration's. */
export async function assertOurs(connection: Connection, table: FoundTable, check: LoadCheck): Promise<number> {
  const present = await countRows(connection, table);
  if (present === 0 || check.confirmed) return present;
  const ours = await accountedRows(connection, check.migration, table.qualifiedName);
  if (present === ours) return present;
  // Fewer rows than we loaded: somebody deleted some. That alone endangers nobody's rows, if the rest is ours.
  if (present < ours && (await strangers(connection, table, check.migration)) === 0) return present;
  throw new StageError(
    "integrity",
    `${table.qualifiedName} holds ${present} rows, but ${check.migration} loaded ${ours} of them`,
    `look at them first; to replace them all the same: --confirm ${check.migration}`,
  );
}

/** How many rows were written by no transaction that the ledger knows as this migration's. */
export async function strangers(connection: Connection, table: FoundTable, migration: string): Promise<number> {
  if (!(await hasLedger(connection))) return await countRows(connection, table);
  const rows = await connection.query<{ count: string }>(
    sql`WITH live AS (SELECT * FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND state = 'live'),
          known AS (SELECT transaction_id FROM live UNION
            SELECT l.transaction_id FROM waybill.loads l JOIN live USING (migration, table_name, generation) UNION
            SELECT COALESCE(undo #>> '{takenBack,transaction}', '') FROM waybill.generations
            WHERE migration = $1 AND table_name = $2 AND state = 'taken back')
        SELECT count(*) AS count FROM ${table.sql} AS t WHERE t.xmin::text NOT IN (SELECT transaction_id FROM known)`,
    [migration, table.qualifiedName],
  );
  return Number(rows[0]?.count);
}

/** Keeps the rows that are there, all columns, for the load to be taken back by: those of the last load only. */
async function keepPrevious(connection: Connection, table: FoundTable, rows: number): Promise<Undo> {
  const kept = previousTable(table.qualifiedName);
  await connection.execute(sql`DROP TABLE IF EXISTS ${qualified(kept)}`);
  if (rows === 0) return { kind: "empty" };
  await connection.execute(sql`CREATE TABLE ${qualified(kept)} AS SELECT * FROM ${table.sql}`);
  return { kind: "previous table", table: kept, rows };
}

// TRUNCATE where it is allowed: it leaves no dead rows, and lets COPY write frozen ones. A foreign key from another
// table forbids it, even where no row refers to this one. Partitions take no frozen rows: whoever looks at them with a
// snapshot of the time before would see neither the old rows nor the new.
async function empty(connection: Connection, table: FoundTable): Promise<"truncated" | "deleted"> {
  const oid = trusted(table.oid);
  const rows = await connection.query<{ truncates: string }>(
    sql`SELECT ${trusted(String(table.kind === "table"))} AND has_table_privilege(${oid}::oid, 'TRUNCATE') AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE confrelid = ${oid} AND conrelid <> ${oid} AND contype = 'f') AS truncates`,
  );
  const truncates = rows[0]?.truncates === "t";
  await connection.execute(truncates ? sql`TRUNCATE ${table.sql}` : sql`DELETE FROM ${table.sql}`);
  return truncates ? "truncated" : "deleted";
}
