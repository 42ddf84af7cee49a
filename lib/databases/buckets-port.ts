import type { NormalForm } from "../mapping/normal-forms.js";
import type { Bucketed, BucketRow, BucketSums } from "../model/buckets.js";
import type { RowDigest } from "../model/checksum.js";
import type { Comparison } from "./checks-port.js";

/** A table as checksums, by which it can be held against what a manifest states too. */
export interface BucketedTable extends Bucketed {
  /**
   * The sum of all rows, their values spelled as in the files, as far as the first rows of these tell: where it is the sum that
   * a manifest states, all rows are equal. undefined: they are spelled in the normal forms, whose sum says the same.
   */
  spelledSum(): Promise<BucketSums | undefined>;
}

/** The rows of a table as checksums that its server computes: no row moves, and nothing temporary is made. */
export interface Buckets extends BucketedTable {
  /** How the values of each column are brought into one text, in the order of the columns asked for. */
  readonly forms: readonly NormalForm[];
  /** What a row's checksum is made by. */
  readonly digest: RowDigest;
  /**
   * Compares the rows whose checksums only one side has, value by value, as `compare` does with all rows; `equal` rows
   * beside them both sides have, and they are counted in. Afterwards `differences` gives the lines. A text: these rows cannot
   * be brought together so, for that reason.
   */
  compare(suspects: Suspects): Promise<Comparison | string>;
}

export interface Suspects {
  readonly expected: readonly BucketRow[];
  readonly actual: readonly BucketRow[];
  readonly equal: number;
}
