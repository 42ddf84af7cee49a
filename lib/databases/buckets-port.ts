import type { NormalForm } from "../mapping/normal-forms.js";
import type { Comparison } from "./checks-port.js";

/**
 * The rows of a table as checksums, computed by its server: no row moves. A row's checksum is the MD5 of its values in
 * their normal forms, joined as FORMATS.md says; a bucket holds the rows whose checksums begin with the same bits.
 */
export interface Buckets {
  /** How the values of each column are brought into one text, in the order of the columns asked for. */
  readonly forms: readonly NormalForm[];
  /** Count and sum of every bucket that has rows; `bits` is how many bits of a checksum name its bucket, at most 16. */
  sums(bits: number): Promise<BucketSums>;
  /** The checksums of all rows in these buckets, 32 hexadecimal digits each; equal rows have theirs as often as they occur. */
  checksums(bits: number, buckets: readonly number[]): Promise<readonly string[]>;
  /** The rows that have these checksums, each value as its type prints it. */
  rows(checksums: readonly string[]): Promise<readonly BucketRow[]>;
  /**
   * Compares the rows whose checksums only one side has, value by value, as `compare` does with all rows; the numbers are
   * of the whole table, in which `equal` rows beside them have checksums that both sides have. Afterwards `differences`
   * gives their lines. Nothing temporary is made in the target.
   */
  compare(suspects: Suspects): Promise<Comparison>;
}

/** By the number of the bucket: how many rows, and the sums of the upper and the lower 64 bits of their checksums mod 2^64. */
export type BucketSums = ReadonlyMap<number, BucketSum>;

export interface BucketSum {
  readonly count: number;
  readonly upper: bigint;
  readonly lower: bigint;
}

/** Values in the order of the columns asked for. */
export type BucketRow = readonly (string | null)[];

export interface Suspects {
  readonly expected: readonly BucketRow[];
  readonly actual: readonly BucketRow[];
  /** Rows beside them, which both sides have. */
  readonly equal: number;
}
