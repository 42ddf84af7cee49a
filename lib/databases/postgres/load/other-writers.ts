import { setTimeout as pause } from "node:timers/promises";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { joined, sql, trusted } from "../identifiers.js";

/** How often to look, and how long to wait in between: whoever writes a row and commits is gone by then. */
const looks = 4;
const pauseMs = 500;

/** Somebody who writes a table: a session's transaction, a prepared one, or a subscription. */
interface Writer {
  /** Tells transactions apart. */
  readonly id: string;
  readonly said: string;
}

/**
 * Who else writes these tables, one sentence each: transactions that hold a lock for writing over all of two seconds,
 * idle and prepared ones included, and replication that is on.
 */
export async function otherWriters(connection: Connection, tables: readonly FoundTable[]): Promise<readonly string[]> {
  if (tables.length === 0) return [];
  let writers = await transactions(connection, tables);
  for (let look = 1; look < looks && writers.length > 0; look += 1) {
    await pause(pauseMs);
    const still = new Set((await transactions(connection, tables)).map(({ id }) => id));
    writers = writers.filter(({ id }) => still.has(id));
  }
  return [...writers, ...(await subscriptions(connection, tables))].map(({ said }) => said);
}

const oidsOf = (tables: readonly FoundTable[]) => joined(tables.map(({ oid }) => trusted(oid)));

// Partitions are locked in their own name. A prepared transaction has no process, and -1/number for a name.
async function transactions(connection: Connection, tables: readonly FoundTable[]): Promise<readonly Writer[]> {
  return await connection.query<{ id: string; said: string }>(sql`
    SELECT DISTINCT concat_ws(' ', l.virtualtransaction, l.pid, t.root::text) AS id,
      CASE WHEN p.gid IS NULL
        THEN format('%s is written by process %s, %s%s, since %s', t.root::text, l.pid,
          COALESCE(NULLIF(a.application_name, ''), 'no application name'),
          CASE WHEN a.state LIKE 'idle%' THEN ', ' || a.state ELSE '' END,
          COALESCE(date_trunc('second', a.xact_start)::text, 'nobody says when'))
        ELSE format('%s is written by the prepared transaction %L, since %s', t.root::text, p.gid,
          date_trunc('second', p.prepared)) END AS said
    FROM (SELECT oid::regclass AS root, oid AS part FROM pg_class WHERE oid IN (${oidsOf(tables)})
      UNION SELECT c.oid::regclass, i.relid FROM pg_class c, LATERAL pg_partition_tree(c.oid) i
        WHERE c.oid IN (${oidsOf(tables)}) AND c.relkind = 'p') AS t
    JOIN pg_locks l ON l.locktype = 'relation' AND l.relation = t.part
    LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND l.virtualtransaction = '-1/' || p.transaction
    WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.granted
      AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND l.pid IS DISTINCT FROM pg_backend_pid() AND COALESCE(a.backend_type, 'client backend') = 'client backend'
    ORDER BY 2`);
}

async function subscriptions(connection: Connection, tables: readonly FoundTable[]): Promise<readonly Writer[]> {
  return await connection.query<{ id: string; said: string }>(sql`
    SELECT s.subname AS id, format('%s is written by the subscription %s, which is enabled', r.srrelid::regclass, s.subname) AS said
    FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid
    WHERE s.subenabled AND r.srrelid IN (${oidsOf(tables)}) ORDER BY 2`);
}
