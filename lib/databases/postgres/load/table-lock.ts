import { setTimeout as pause } from "node:timers/promises";
import { StageError } from "../../../model/errors.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal, sql } from "../identifiers.js";

/** A server notices within a second that a client was killed; until then the dead run's session still holds the lock. */
const lockTries = 8;
const lockPauseMs = 250;

/**
 * Keeps other runs away until the session ends, however it ends: those of the same migration, and whoever loads one of
 * the tables (`schema.table`). Throws "temporary" naming the session that holds a lock.
 */
export async function lockAgainstOthers(
  connection: Connection,
  { migration, tables }: { readonly migration: string; readonly tables: readonly string[] },
): Promise<void> {
  await noticeLostClients(connection);
  await lockName(connection, `waybill migration ${migration}`, `another run of ${migration} holds this target`);
  for (const table of tables) await lockName(connection, `waybill load ${table}`, `another run is loading ${table}`);
}

async function lockName(connection: Connection, text: string, meaning: string): Promise<void> {
  const name = literal(text);
  for (let tries = 0; tries < lockTries; tries += 1) {
    if (tries > 0) await pause(lockPauseMs);
    const rows = await connection.query<{ locked: string }>(
      sql`SELECT pg_try_advisory_lock(hashtextextended(${name}, 0)) AS locked`,
    );
    if (rows[0]?.locked === "t") return;
  }
  const holder = await connection.query<{ who: string }>(sql`
    SELECT format('process %s%s, %s, since %s', a.pid, ' for ' || host(a.client_addr), a.application_name,
      date_trunc('second', a.backend_start)) AS who
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(${name}, 0)`);
  const who = holder[0]?.who ?? "it has just ended";
  throw new StageError("temporary", `${meaning}: ${who}`, "try again when it is done");
}

// Else an index build goes on to its end for a client that is gone. Servers before 14, and on Windows, cannot.
async function noticeLostClients(connection: Connection): Promise<void> {
  await connection.query(sql`SET client_connection_check_interval = '500ms'`).catch((error: unknown) => {
    if (!(error instanceof StageError) || error.kind === "temporary") throw error;
  });
}

/** Locks a table against other writers until the transaction ends; readers go on. The session says how long to wait. */
export async function lockTable(connection: Connection, table: FoundTable): Promise<void> {
  await connection.execute(sql`LOCK TABLE ${table.sql} IN SHARE ROW EXCLUSIVE MODE`);
}
