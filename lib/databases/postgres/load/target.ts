import { setTimeout as pause } from "node:timers/promises";
import { StageError } from "../../../model/errors.js";
import type { OpenOptions } from "../../open-target.js";
import type { Target, UpsertOutcome, UpsertRequest } from "../../port.js";
import { describeTable, findTable, identityOf } from "../catalog.js";
import { type Connection, connect } from "../connection.js";
import { literal, sql } from "../identifiers.js";
import { afterLoad } from "./after-load.js";
import { restoreDefinitions, saveAndDrop } from "./definitions.js";
import { ensureLedger, linesOf, writeLine } from "./loads-ledger.js";
import { assertLoadable } from "./obstacles.js";
import { assertReplaceable, countRows, replaceTable } from "./replace-in-place.js";
import { type UpsertRows, upsertRows } from "./upsert-rows.js";

/** A PostgreSQL target over one session. Several may be open at once, one for each table that loads. */
export async function openPostgresTarget(url: string, options: OpenOptions): Promise<Target> {
  const connection = await connect(url, options);
  const resolve = async (table: string) => (await findTable(connection, table)).qualifiedName;
  return {
    identity: await identityOf(connection),
    describe: (table) => describeTable(connection, table),
    rowCount: async (table) => await countRows(connection, await findTable(connection, table)),
    lock: (migration) => lock(connection, migration),
    ensureLedger: () => ensureLedger(connection),
    linesOf: async (migration, table) => await linesOf(connection, migration, await resolve(table)),
    assertReplaceable: (replacement) => assertReplaceable(connection, replacement),
    saveAndDrop: (migration, tables) => saveAndDrop(connection, migration, tables),
    replace: (request) => replaceTable(connection, request),
    upsertAll: (groups) => upsertAll(connection, groups),
    rebuildIndexes: async (migration, table) =>
      await restoreDefinitions(connection, migration, { table: await resolve(table) }),
    restore: (migration) => restoreDefinitions(connection, migration),
    afterLoad: (table) => afterLoad(connection, table),
    close: () => connection.close(),
  };
}

/** A server notices within a second that a client was killed; until then the dead run's session still holds the lock. */
const lockTries = 8;
const lockPauseMs = 250;

// A lock of the session: the server frees it the moment the session ends, however it ends.
async function lock(connection: Connection, migration: string): Promise<void> {
  await noticeLostClients(connection);
  const name = literal(`waybill migration ${migration}`);
  for (let tries = 0; tries < lockTries; tries += 1) {
    if (tries > 0) await pause(lockPauseMs);
    const rows = await connection.query<{ locked: string }>(
      sql`SELECT pg_try_advisory_lock(hashtextextended(${name}, 0)) AS locked`,
    );
    if (rows[0]?.locked === "t") return;
  }
  const holder = await connection.query<{ who: string }>(sql`
    SELECT format('process %s, %s, since %s', a.pid, a.application_name, a.backend_start) AS who
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(${name}, 0)`);
  const who = holder[0]?.who ?? "it has just ended";
  throw new StageError(
    "temporary",
    `another run of ${migration} holds this target: ${who}`,
    "try again when it is done",
  );
}

// Else an index build goes on to its end for a client that is gone. Servers before 14, and on Windows, cannot.
async function noticeLostClients(connection: Connection): Promise<void> {
  await connection.query(sql`SET client_connection_check_interval = '500ms'`).catch((error: unknown) => {
    if (!(error instanceof StageError) || error.kind === "temporary") throw error;
  });
}

async function upsertAll(
  connection: Connection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
  await ensureLedger(connection);
  for (const { table, columns } of groups.flat()) {
    await assertLoadable(connection, await findTable(connection, table), columns);
  }
  return await connection.transaction(async () => {
    const outcomes: UpsertOutcome[] = [];
    for (const group of groups) outcomes.push(...(await upsertGroup(connection, group)));
    return outcomes;
  });
}

async function upsertGroup(connection: Connection, group: readonly UpsertRequest[]): Promise<readonly UpsertOutcome[]> {
  const rows: UpsertRows[] = [];
  for (const request of group) rows.push({ ...request, found: await findTable(connection, request.table) });
  const outcomes = await upsertRows(connection, rows);
  for (const [index, { unit, part, migration }] of group.entries()) {
    const table = rows[index]?.found.qualifiedName ?? "";
    // Rows inserted here are ours too, or the next replace would take them for a stranger's.
    const rowCount = outcomes[index]?.inserted ?? 0;
    const line = { generation: `unit:${unit}`, part: `unit:${unit}`, hash: part.hash, rowCount };
    await writeLine(connection, { migration, table }, line);
  }
  return outcomes;
}
