import { setTimeout as pause } from "node:timers/promises";
import type { OpenOptions } from "../../open-target.js";
import { type Patience, type Retry, retrying } from "../../retry.js";
import { type Connection, connect } from "../connection.js";
import { errorCode, isPassing } from "../server-errors.js";
import { isLost, type LastingSession, openLasting } from "./lasting-session.js";

/**
 * The sessions of one target: `main` holds the locks and runs whatever is one transaction; others come and go with the
 * work that is spread over them. Lost connections are replaced, and what they were about is tried again.
 */
export interface Sessions {
  readonly main: Connection;
  /** Takes a lock over the main session: now, and again over each connection that takes a lost one's place. */
  hold: LastingSession["hold"];
  /** Tries again what may succeed the next time. `work` may be done any number of times, and counts once. */
  retry: LastingSession["retry"];
  /**
   * Works on every item, up to `jobs` at a time, each worker over a session of its own; what passes is tried again. The
   * first failure keeps further items from being begun; it is thrown once the work under way has ended.
   */
  each<Item>(
    items: readonly Item[],
    jobs: number,
    work: (connection: Connection, item: Item) => Promise<void>,
  ): Promise<void>;
  /** Ends all sessions. Never throws. */
  close(): Promise<void>;
}

/** A minute is long enough for a busy application to let go, and for a server to restart; short enough to say so in time. */
const minuteMs = 60_000;

/** Opens the first session of a target. Throws "unreachable". */
export async function openSessions(url: string, options: OpenOptions): Promise<Sessions> {
  const { silenceMs = 20_000, lockTimeoutMs = minuteMs } = options;
  const patience = patienceOf(options);
  const openPlain = () => connect(url, { ...options, lockTimeoutMs, connectMs: silenceMs });
  const open = async () => {
    const connection = await openPlain();
    connection.watch(silenceMs, () => isLost(openPlain, connection));
    return connection;
  };
  const main = await retrying("connect", { ...patience, passes: isFull }, () => openLasting(open, patience));
  const workers: Workers = { open, patience, doing: "in parallel" };
  return {
    main: main.connection,
    hold: main.hold,
    retry: main.retry,
    each: (items, jobs, work) => shareOut(workers, { items, jobs, work }),
    close: () => main.connection.close(),
  };
}

function patienceOf({ retryMs = minuteMs, onRetry = () => undefined }: OpenOptions): Patience {
  const clock = { nowMs: () => performance.now(), pause: async (ms: number) => void (await pause(ms)) };
  return { clock, budgetMs: retryMs, passes: isPassing, onRetry: (retry) => onRetry(sentence(retry), retry) };
}

function sentence({ doing, error, pauseMs }: Retry): string {
  const said = error instanceof Error ? error.message : String(error);
  return `${doing}: ${said}; tried again in ${pauseMs / 1000} s`;
}

// A server that has no place for one session more has one in a moment; one that is not there is not waited for.
function isFull(error: unknown): boolean {
  return error instanceof Error && errorCode(error.cause) === "53300";
}

interface Workers {
  readonly open: () => Promise<Connection>;
  readonly patience: Patience;
  readonly doing: string;
}

interface Shares<Item> {
  readonly items: readonly Item[];
  readonly jobs: number;
  readonly work: (connection: Connection, item: Item) => Promise<void>;
}

async function shareOut<Item>({ open, patience, doing }: Workers, { items, jobs, work }: Shares<Item>): Promise<void> {
  const waiting = [...items];
  let failed = false;
  const worker = async (index: number) => {
    let session: LastingSession;
    try {
      session = await (index === 0
        ? retrying(doing, patience, () => openLasting(open, patience))
        : openLasting(open, patience));
    } catch (error) {
      // Where there is no place for as many, fewer do as well.
      if (index > 0 && isPassing(error)) return;
      failed = true;
      throw error;
    }
    try {
      for (let item = waiting.shift(); item !== undefined && !failed; item = waiting.shift()) {
        const mine = item;
        await session.retry(doing, () => work(session.connection, mine));
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      await session.connection.close();
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: Math.min(jobs, items.length) }, (_, index) => worker(index)),
  );
  const failure = ended.find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
