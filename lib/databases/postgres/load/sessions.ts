import { StageError } from "../../../model/errors.js";
import type { OpenOptions } from "../../open-target.js";
import { retrying } from "../../retry.js";
import { minuteMs, patienceOf, shareOut } from "../../share-out.js";
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

/** Opens the first session of a target. Throws "unreachable". */
export async function openSessions(url: string, options: OpenOptions): Promise<Sessions> {
  const { silenceMs = 20_000, lockTimeoutMs = minuteMs } = options;
  const patience = patienceOf(options, isPassing);
  const openPlain = () => connect(url, { ...options, lockTimeoutMs, connectMs: silenceMs });
  const open = async () => {
    const connection = await openPlain();
    connection.watch(silenceMs, () => isLost(openPlain, connection));
    return connection;
  };
  const main = await retrying("connect", { ...patience, passes: comesBack() }, () => openLasting(open, patience));
  const workers = { open: () => openLasting(open, patience), patience, doing: "in parallel" };
  return {
    main: main.connection,
    hold: main.hold,
    retry: main.retry,
    each: (items, jobs, work) => shareOut(workers, { items, jobs, work }),
    close: () => main.connection.close(),
  };
}

// A server that has no place for one session more has one in a moment. One that said it was going down or starting up
// comes back; one that was never there is not waited for.
function comesBack(): (error: unknown) => boolean {
  let heard = false;
  return (error) => {
    heard ||= error instanceof Error && ["53300", "57P03"].includes(errorCode(error.cause));
    return heard && (isPassing(error) || (error instanceof StageError && error.kind === "unreachable"));
  };
}
