import { setTimeout as pause } from "node:timers/promises";
import type { OpenOptions } from "./open-target.js";
import { type Patience, type Retry, retrying } from "./retry.js";

/** A session that does a share of the work, whatever happens to its connection. */
export interface ShareSession<Connection> {
  /** May be another one after a failure that passed. */
  readonly connection: Connection;
  /** Tries `work` again until it succeeds or the patience is at its end. */
  retry<Result>(doing: string, work: () => Promise<Result>): Promise<Result>;
}

/** How workers are had. */
export interface Workers<Connection> {
  readonly open: () => Promise<ShareSession<Connection>>;
  readonly patience: Patience;
  readonly doing: string;
}

export interface Shares<Connection, Item> {
  readonly items: readonly Item[];
  readonly jobs: number;
  readonly work: (connection: Connection, item: Item) => Promise<void>;
}

/** A minute is long enough for a busy application to let go, and for a server to restart; short enough to say so in time. */
export const minuteMs = 60_000;

/** The patience that the options of a target ask for, in the server's time. */
export function patienceOf(
  { retryMs = minuteMs, onRetry = () => undefined }: OpenOptions,
  passes: Patience["passes"],
): Patience {
  const clock = { nowMs: () => performance.now(), pause: async (ms: number) => void (await pause(ms)) };
  return { clock, budgetMs: retryMs, passes, onRetry: (retry) => onRetry(sentence(retry), retry) };
}

function sentence({ doing, error, pauseMs }: Retry): string {
  const said = error instanceof Error ? error.message : String(error);
  return `${doing}: ${said}; tried again in ${pauseMs / 1000} s`;
}

/**
 * Works on every item, up to `jobs` at a time, each worker over a session of its own; what passes is tried again. The
 * first failure keeps further items from being begun; it is thrown once the work under way has ended.
 */
export async function shareOut<Connection extends { close(): Promise<void> }, Item>(
  { open, patience, doing }: Workers<Connection>,
  { items, jobs, work }: Shares<Connection, Item>,
): Promise<void> {
  const waiting = [...items];
  let failed = false;
  const worker = async (index: number) => {
    let session: ShareSession<Connection>;
    try {
      session = await (index === 0 ? retrying(doing, patience, open) : open());
    } catch (error) {
      // Where there is no place for as many, fewer do as well.
      if (index > 0 && patience.passes(error)) return;
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
