import { StageError } from "../../../model/errors.js";
import type { OpenOptions } from "../../open-target.js";
import { type Patience, retrying } from "../../retry.js";
import { minuteMs, patienceOf, type ShareSession, shareOut } from "../../share-out.js";
import { socketCode } from "../server-errors.js";
import { connectTarget, type TargetConnection } from "./target-connection.js";

/**
 * The sessions of one target: `main` holds the locks and runs whatever is one transaction; others come and go with the
 * work that is spread over them. With the main one its locks are lost: then the run ends, and the next goes on.
 */
export interface Sessions {
  readonly main: TargetConnection;
  /** Tries again what may succeed the next time, as long as the main session is there. */
  retry<Result>(doing: string, work: () => Promise<Result>): Promise<Result>;
  /** Works on every item, up to `jobs` at a time, each worker over a session of its own; what passes is tried again. */
  each<Item>(
    items: readonly Item[],
    jobs: number,
    work: (connection: TargetConnection, item: Item) => Promise<void>,
  ): Promise<void>;
  /** Ends all sessions. Never throws. */
  close(): Promise<void>;
}

/** Opens the first session of a target. Throws "unreachable". */
export async function openSessions(url: string, options: OpenOptions): Promise<Sessions> {
  const { application, readOnly = false, lockTimeoutMs = minuteMs, statementTimeoutMs } = options;
  const timeouts = { lockTimeoutMs, ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }) };
  const open = () => connectTarget(url, { application, access: readOnly ? "read" : "write", ...timeouts });
  const patience = patienceOf(options, isPassing);
  const main = await retrying("connect", { ...patience, passes: comesBack() }, open);
  const whileThere: Patience = { ...patience, passes: (error) => isPassing(error) && !main.isLost() };
  const workers = { open: () => openWorker(open, patience), patience, doing: "in parallel" };
  return {
    main,
    retry: (doing, work) => retrying(doing, whileThere, work),
    each: (items, jobs, work) => shareOut(workers, { items, jobs, work }),
    close: () => main.close(),
  };
}

/**
 * Whether a failure may be gone when the same is tried again: deadlocks, locks, lost connections, a full server. What the
 * server itself said is its cause; a finding of ours, such as a server that only reads, has none.
 */
function isPassing(error: unknown): boolean {
  return error instanceof StageError && error.kind === "temporary" && error.cause !== undefined;
}

// A server that has no place for one session more says so. One that is starting hangs up before its first word, and may not
// listen at all in between: once it was heard of, it is waited for. One that was never there is not.
function comesBack(): (error: unknown) => boolean {
  let heard = false;
  return (error) => {
    heard ||= isPassing(error) || hungUp(error);
    return heard && (isPassing(error) || (error instanceof StageError && error.kind === "unreachable"));
  };
}

function hungUp(error: unknown): boolean {
  const lost = error instanceof StageError && error.kind === "unreachable" ? error.cause : undefined;
  return lost instanceof StageError && ["PROTOCOL_CONNECTION_LOST", "ECONNRESET"].includes(socketCode(lost.cause));
}

async function openWorker(
  open: () => Promise<TargetConnection>,
  patience: Patience,
): Promise<ShareSession<TargetConnection>> {
  let current = await open();
  return {
    get connection() {
      return current;
    },
    retry: (doing, work) =>
      retrying(doing, patience, async (failures) => {
        if (failures > 0 && current.isLost()) current = await open();
        return await work();
      }),
  };
}
