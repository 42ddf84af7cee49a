import { StageError } from "../model/errors.js";

/** The time as a retry sees it: given from outside, so that a test need not wait. */
export interface Clock {
  /** Milliseconds from any fixed moment. */
  nowMs(): number;
  pause(ms: number): Promise<void>;
}

/** How long to go on trying, and what for. */
export interface Patience {
  readonly clock: Clock;
  /** Measured from the first failure to the beginning of the next try; 0: the first failure ends it. */
  readonly budgetMs: number;
  /** Whether a failure may be gone when the same is tried again. */
  readonly passes: (error: unknown) => boolean;
  /** Told of each failure that will be tried again. */
  readonly onRetry: (retry: Retry) => void;
}

export interface Retry {
  /** What was being done: `load people`. */
  readonly doing: string;
  /** How often it has failed by now. */
  readonly failures: number;
  readonly error: unknown;
  readonly pauseMs: number;
}

/** All patience is used up. It has no cause: whoever tries a larger thing again must not take it for a failure that passes. */
export class GivenUp extends StageError {}

/** 0.1 s, 0.2 s, 0.4 s … and never longer than 5 s: a server that restarts takes seconds, a deadlock none. */
export function pauseAfter(failures: number): number {
  return Math.min(100 * 2 ** (failures - 1), 5000);
}

/**
 * Tries `work` until it succeeds or fails for good. A failure that passes is waited out, longer each time, until the
 * budget is used up: then GivenUp ("temporary"), saying what was tried, how often and for how long.
 */
export async function retrying<Result>(
  doing: string,
  { clock, budgetMs, passes, onRetry }: Patience,
  work: (failures: number) => Promise<Result>,
): Promise<Result> {
  let firstMs: number | undefined;
  for (let failures = 0; ; ) {
    try {
      return await work(failures);
    } catch (error) {
      if (budgetMs === 0 || !passes(error)) throw error;
      failures += 1;
      firstMs ??= clock.nowMs();
      const pauseMs = pauseAfter(failures);
      const spentMs = clock.nowMs() - firstMs;
      if (spentMs + pauseMs > budgetMs) throw givenUp(doing, { failures, spentMs, error });
      onRetry({ doing, failures, error, pauseMs });
      await clock.pause(pauseMs);
    }
  }
}

function givenUp(doing: string, { failures, spentMs, error }: Omit<Retry, "doing" | "pauseMs"> & { spentMs: number }) {
  const said = error instanceof Error ? error.message : String(error);
  const times = failures === 1 ? "once" : `${failures} times`;
  return new GivenUp(
    "temporary",
    `${doing}: tried ${times} in ${(spentMs / 1000).toFixed(1)} s, at last: ${said}`,
    "run the same command again: it goes on where this one stopped; to wait longer: --retry-for 10m",
  );
}
