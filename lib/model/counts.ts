import { StageError } from "./errors.js";

/** Where the rows of one table went. Every row that was read ends in exactly one of these places. */
export interface TransformCounts {
  readonly read: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly deduplicated: number;
  readonly written: number;
}

/** What the target did with the rows that transform wrote. `before` counts the rows that were there already. */
export interface LoadCounts {
  readonly written: number;
  readonly loaded: number;
  readonly quarantined: number;
  readonly before: number;
  readonly target: number;
}

/** Rows that no rule accounts for. Anything but 0 is an error of ours, or damage. */
export function unexplained(counts: TransformCounts): number {
  return counts.read - counts.filtered - counts.rejected - counts.deduplicated - counts.written;
}

/** Throws unless every row that was read of an extract is accounted for. */
export function assertBalanced(table: string, extract: string, counts: TransformCounts): void {
  const left = unexplained(counts);
  if (left === 0) return;
  throw new StageError(
    "integrity",
    `${table}: read ${counts.read} rows of ${extract} but accounted for ${counts.read - left} ` +
      `(filtered ${counts.filtered}, rejected ${counts.rejected}, deduplicated ${counts.deduplicated}, written ${counts.written})`,
    `run it again: waybill transform ${table} --force`,
  );
}
