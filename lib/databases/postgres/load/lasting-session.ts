// What holds of a session that outlives its connection:
// 1. Another one takes its place only when the server's process of the lost one has ended: what it was about is settled.
// 2. The new one holds what the lost one held (locks) before anything else is done over it.
// 3. A transaction whose COMMIT was not answered counts as what the server says of it, and is never done twice.
import { setTimeout as pause } from "node:timers/promises";
import { StageError } from "../../../model/errors.js";
import { GivenUp, type Patience, retrying } from "../../retry.js";
import type { Connection } from "../connection.js";
import { literal, sql } from "../identifiers.js";
import { isPassing } from "../server-errors.js";

/** A session, and what is done when its connection is lost. */
export interface LastingSession {
  /** Stays the same while connections come and go. Only `transaction` waits for another one; all else fails. */
  readonly connection: Connection;
  /** Takes something for as long as the session lasts: now, and again over each new connection. */
  hold(take: (connection: Connection) => Promise<void>): Promise<void>;
  /** Tries `work` again, over a new connection if need be, until it succeeds or the patience is at its end. */
  retry<Result>(doing: string, work: () => Promise<Result>): Promise<Result>;
}

/** Opens a session that lasts. */
export async function openLasting(open: () => Promise<Connection>, patience: Patience): Promise<LastingSession> {
  let current = await open();
  const held: ((connection: Connection) => Promise<void>)[] = [];

  const mend = async (): Promise<void> => {
    if (await answers(current)) return;
    const lost = current;
    const next = await open();
    try {
      await outlive(next, lost);
      for (const take of held) await take(next);
    } catch (error) {
      await next.close();
      throw error;
    }
    current = next;
    void lost.close();
  };

  const transaction: Connection["transaction"] = async <Result>(
    work: () => Promise<Result>,
    begin?: Parameters<Connection["transaction"]>[1],
  ) => {
    let done: { readonly result: Result; readonly id: string | null } | undefined;
    try {
      return await current.transaction(async () => {
        const result = await work();
        done = { result, id: await transactionId(current) };
        return result;
      }, begin);
    } catch (error) {
      if (done === undefined || !isPassing(error)) throw error;
      await retrying("ask whether it was committed", patience, mend);
      // Of a transaction that only looked, nothing had to be committed.
      if (done.id === null || (await isCommitted(current, done.id))) return done.result;
      throw error;
    }
  };

  const retry = mendingRetry(patience, mend);
  return {
    connection: standIn(() => current, transaction),
    hold: async (take) => {
      await retry("lock", () => take(current));
      held.push(take);
    },
    retry,
  };
}

function mendingRetry(patience: Patience, mend: () => Promise<void>): LastingSession["retry"] {
  let { budgetMs } = patience;
  return async (doing, work) => {
    try {
      return await retrying(doing, { ...patience, budgetMs }, async (failures) => {
        if (failures > 0) await mend();
        return await work();
      });
    } catch (error) {
      // Whatever is tried after that, to leave things in order, shall not take as long once more.
      if (error instanceof GivenUp) budgetMs = 0;
      throw error;
    }
  };
}

function standIn(current: () => Connection, transaction: Connection["transaction"]): Connection {
  return {
    get location() {
      return current().location;
    },
    get processId() {
      return current().processId;
    },
    get startedAt() {
      return current().startedAt;
    },
    query: (statement, values) => current().query(statement, values),
    execute: (statement, values) => current().execute(statement, values),
    describe: (select) => current().describe(select),
    copyFrom: (statement) => current().copyFrom(statement),
    copyTo: (statement) => current().copyTo(statement),
    transaction,
    watch: (silenceMs, isLost) => current().watch(silenceMs, isLost),
    close: () => current().close(),
  };
}

async function answers(connection: Connection): Promise<boolean> {
  return await connection.query(sql`SELECT 1`).then(
    () => true,
    () => false,
  );
}

const processOf = ({ processId, startedAt }: Connection) =>
  sql`pid = ${literal(String(processId))}::integer AND backend_start = ${literal(startedAt)}::timestamptz`;

/** A process that is committing does so; any other is ended. It may take its time: to undo, to wait for a replica. */
const outliveMs = 60_000;

async function outlive(connection: Connection, lost: Connection): Promise<void> {
  const endMs = performance.now() + outliveMs;
  while (performance.now() < endMs) {
    const rows = await connection.query(
      sql`SELECT pg_terminate_backend(pid) AS told FROM pg_stat_activity WHERE ${processOf(lost)}`,
    );
    if (rows.length === 0) return;
    await pause(50);
  }
  throw new StageError(
    "temporary",
    `${connection.location}: the process ${lost.processId} of a lost connection does not end`,
    "look at it in pg_stat_activity, then run the same command again",
  );
}

async function transactionId(connection: Connection): Promise<string | null> {
  const [row] = await connection.query<{ id: string | null }>(sql`SELECT txid_current_if_assigned() AS id`);
  return row?.id ?? null;
}

// After a crash the server may not know the transaction any more, since what it had written of it was lost: an error.
async function isCommitted(connection: Connection, id: string): Promise<boolean> {
  const ask = connection.query<{ status: string | null }>(sql`SELECT txid_status(${literal(id)}::bigint) AS status`);
  const rows = await ask.catch((error: unknown) => {
    if (error instanceof StageError && !isPassing(error)) return [];
    throw error;
  });
  return rows[0]?.status === "committed";
}

/**
 * Whether nobody can be waiting for an answer of this session any more: its process is gone, or it waits for us. Asked
 * over a connection of its own; where that does not come about, the server is out of reach.
 */
export async function isLost(open: () => Promise<Connection>, watched: Connection): Promise<boolean> {
  let connection: Connection;
  try {
    connection = await open();
  } catch (error) {
    // A server that is full has no place for this one connection; that says nothing of the other.
    return !(error instanceof StageError && error.kind === "temporary" && /53\d{3}|too many/.test(error.message));
  }
  try {
    const [row] = await connection.query<{ waits_for_us: string }>(sql`
      SELECT state <> 'disabled' AND (state <> 'active' OR wait_event_type IS NOT DISTINCT FROM 'Client')
        AND state_change < clock_timestamp() - interval '1 second' AS waits_for_us
      FROM pg_stat_activity WHERE ${processOf(watched)}`);
    return row === undefined || row.waits_for_us === "t";
  } catch {
    return true;
  } finally {
    await connection.close();
  }
}
