import type { Comparison } from "../../lib/databases/checks-port.js";
import type { Acceptance, Migration } from "../../lib/mapping/migration.js";
import type { Check } from "./check.js";
import { differingRows } from "./differences.js";
import type { Reconciliation } from "./reconciliation.js";

/** What the check of the sample is called. */
export const sampleName = "sample of source rows, mapped anew, in the target";

/**
 * The check that no row was passed over. Rows whose values differ are shown and no failure where the specification
 * accepts so many of them; one that is missing, or too many, is never accepted.
 */
export function rowsCheck(
  { differingMaxPercent }: Acceptance,
  comparison: Comparison,
  how: readonly string[] = [],
): Check {
  const { of, expected, equal, extra, missing, changed } = comparison;
  const parts = [
    `${equal} equal`,
    ...(missing > 0 ? [`${missing} missing`] : []),
    ...(extra > 0 ? [`${extra} extra`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
  ];
  const holds = equal === expected && extra === 0;
  const accepted = missing === 0 && extra === 0 && percentOf(changed, expected) <= (differingMaxPercent ?? -1);
  return {
    name: of === "parts" ? "every row of the target is as transform wrote it" : sampleName,
    expected: `${expected} equal`,
    actual: parts.join(", "),
    verdict: holds ? (of === "parts" ? "passed" : "sampled") : accepted ? "warned" : "failed",
    ...noted([...how, ...(holds || !accepted ? [] : [`acceptance.differing: at most ${differingMaxPercent} %`])]),
  };
}

function noted(notes: readonly string[]): Pick<Check, "note"> {
  return notes.length === 0 ? {} : { note: notes.join("; ") };
}

/** Whether as few rows were lost as the data owners accept: rejected by a rule, or put aside since the target refused them. */
export function acceptedRejects({ rejectedMaxPercent }: Acceptance, counts: Reconciliation): readonly Check[] {
  if (rejectedMaxPercent === undefined) return [];
  return [
    limited("rejected rows accepted", rejectedMaxPercent, percentOf(counts.rejected + counts.quarantined, counts.read)),
  ];
}

/** The criteria by which a migration is to be rolled back, as far as validate can judge them: one check each. */
export function rollbackCriteria({ rollbackWhen }: Migration, compared: Comparison): readonly Check[] {
  const limit = rollbackWhen.validation_failures_percent;
  if (limit === undefined) return [];
  const share = percentOf(differingRows(compared), compared.expected);
  const check = limited("rollback_when: validation_failures_percent", limit, share);
  return [check.verdict === "passed" ? check : { ...check, note: "the criterion to roll back is met" }];
}

function limited(name: string, limit: number, share: number): Check {
  const verdict = share <= limit ? "passed" : "failed";
  return { name, expected: `at most ${limit} %`, actual: `${share.toFixed(2)} %`, verdict };
}

function percentOf(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? 100 : (100 * part) / whole;
}
