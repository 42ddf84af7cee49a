/** "sampled" is a check that held for the rows it looked at; "skipped" one that did not run. Neither is a pass. */
export type CheckVerdict = "passed" | "failed" | "warned" | "skipped" | "sampled";

/** One question asked of the data, and its answer. It holds counts and names, never a value of the data. */
export interface Check {
  readonly name: string;
  readonly expected: string | number;
  readonly actual: string | number;
  readonly verdict: CheckVerdict;
  /** Why it was skipped, or what to know about it. */
  readonly note?: string;
  /** How long it took to ask; for the report, never for a manifest, which knows no clock. */
  readonly seconds?: number;
}

/** A check with the time it took. */
export async function timed(ask: () => Promise<Check>): Promise<Check> {
  const { found, seconds } = await measured(ask);
  return { ...found, seconds };
}

/** What was found, and the time it took. */
export async function measured<Found>(
  find: () => Promise<Found>,
): Promise<{ readonly found: Found; readonly seconds: number }> {
  const startedMs = performance.now();
  const found = await find();
  return { found, seconds: Number(((performance.now() - startedMs) / 1000).toFixed(3)) };
}

export type Tally = Readonly<Record<CheckVerdict, number>>;

/** A check that holds when both numbers are the same. */
export function equality(name: string, expected: number, actual: number, otherwise: CheckVerdict = "failed"): Check {
  return { name, expected, actual, verdict: expected === actual ? "passed" : otherwise };
}

/** A check that did not run. */
export function skipped(name: string, expected: string | number, note: string): Check {
  return { name, expected, actual: "not known", verdict: "skipped", note };
}

/** How many checks ended in which way. */
export function tallyOf(checks: readonly Check[]): Tally {
  const count = (verdict: CheckVerdict): number => checks.filter((check) => check.verdict === verdict).length;
  return {
    passed: count("passed"),
    warned: count("warned"),
    failed: count("failed"),
    skipped: count("skipped"),
    sampled: count("sampled"),
  };
}

/** `PASS=40 WARN=0 FAIL=1 SKIP=0 SAMPLED=3`, after dbt's summary. */
export function tallyText({ passed, warned, failed, skipped, sampled }: Tally): string {
  return `PASS=${passed} WARN=${warned} FAIL=${failed} SKIP=${skipped} SAMPLED=${sampled}`;
}
