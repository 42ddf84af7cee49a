import { setTimeout as pause } from "node:timers/promises";
import { StageError } from "../../../model/errors.js";
import type { Connection } from "../connection.js";
import { literal, sql } from "../identifiers.js";

const waitMs = 60_000;
const lookEveryMs = 200;

/**
 * Waits until no transaction of this database is left whose snapshot is older than now: to it, rows committed before now
 * may not be there, and a table made of them alone would look empty. Transactions that begin later see them.
 * Throws "temporary" naming the first one that is still there after a minute.
 */
export async function outliveSnapshots(connection: Connection): Promise<void> {
  const [now] = await connection.query<{ transactions: string }>(sql`
    SELECT COALESCE(array_agg(l.virtualxid), '{}')::text AS transactions FROM pg_locks l
    WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock'`);
  const endMs = performance.now() + waitMs;
  for (;;) {
    const holder = await oneOf(connection, now?.transactions ?? "{}");
    if (holder === undefined) return;
    if (performance.now() > endMs) throw stillThere(connection, holder);
    await pause(lookEveryMs);
  }
}

// Who has a snapshot says so in backend_xmin; of other people's sessions only to those who may read it, else all count.
async function oneOf(connection: Connection, transactions: string): Promise<string | undefined> {
  const [holder] = await connection.query<{ who: string }>(sql`
    SELECT format('process %s, %s, since %s', a.pid, a.application_name, COALESCE(a.xact_start::text, 'an unknown time')) AS who
    FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock'
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND l.virtualxid = ANY (${literal(transactions)}::text[])
      AND (a.backend_xmin IS NOT NULL OR a.state IS NULL)
      AND COALESCE(a.backend_type, 'client backend') NOT IN ('autovacuum worker', 'walsender')
    ORDER BY a.xact_start, a.pid LIMIT 1`);
  return holder?.who;
}

function stillThere({ location }: Connection, who: string): StageError {
  return new StageError(
    "temporary",
    `${location}: a transaction still sees the time before the new rows, and would see an empty table: ${who}`,
    "run the same command again when it is over: what has arrived stays, and the run goes on from there",
  );
}
