import type { Checksum } from "./checksum.js";

/**
 * Rows as checksums. A row's checksum is the digest of its values in their normal forms, joined as FORMATS.md says, in 32
 * hexadecimal digits; a bucket holds the rows whose checksums end with the same bits.
 */
export interface Bucketed {
  /** Count and sum of every bucket that has rows; `bits` is how many bits of a checksum name its bucket: 0, all rows, to 16. */
  sums(bits: number): Promise<BucketSums>;
  /** The checksums of all rows in these buckets, each as often as rows have it. */
  checksums(bits: number, buckets: readonly number[]): Promise<readonly string[]>;
  /** A row for each of these checksums. */
  rows(checksums: readonly string[]): Promise<ReadonlyMap<string, BucketRow>>;
}

/** Where rows are counted of which the server computes no checksum: with all their values they are too long for it. */
export const withoutChecksum = -1;

/** By the number of the bucket: how many rows, and the sum of their checksums mod 2^64. */
export type BucketSums = ReadonlyMap<number, BucketSum>;

export interface BucketSum {
  readonly count: number;
  readonly sum: bigint;
}

/** Values as text, in the order of the columns that are compared. */
export type BucketRow = readonly (string | null)[];

/** Adds up sums of the same buckets; each is a row of the bucket's number, its count and its sum, as text. */
export function addBuckets(rows: Iterable<readonly (string | null | undefined)[]>): BucketSums {
  const sums = new Map<number, BucketSum>();
  for (const [bucket, count, sum] of rows) {
    const before = sums.get(Number(bucket)) ?? { count: 0, sum: 0n };
    sums.set(Number(bucket), {
      count: before.count + Number(count),
      sum: BigInt.asUintN(64, before.sum + BigInt(sum ?? 0)),
    });
  }
  return sums;
}

/** The sums of buckets as one, of all their rows. */
export function allInOne(sums: BucketSums): BucketSums {
  return addBuckets([...sums.values()].map(({ count, sum }) => ["0", String(count), String(sum)]));
}

/** All rows as one bucket, out of the checksum of a manifest: what is the same mod 2^128 is so mod 2^64. */
export function bucketOfAll({ count, sum }: Checksum): BucketSums {
  return count === 0 ? new Map() : new Map([[0, { count, sum: BigInt.asUintN(64, BigInt(`0x${sum}`)) }]]);
}

/** The buckets in which two sides differ, in order. */
export function differingBuckets(one: BucketSums, other: BucketSums): readonly number[] {
  const isSame = (bucket: number): boolean => {
    const [here, there] = [one.get(bucket), other.get(bucket)];
    return here?.count === there?.count && here?.sum === there?.sum;
  };
  return [...new Set([...one.keys(), ...other.keys()])].filter((bucket) => !isSame(bucket)).sort((a, b) => a - b);
}

/** Of two lists of checksums, what each has more often than the other. */
export function surplusOf(
  expected: readonly string[],
  actual: readonly string[],
): { readonly expected: readonly string[]; readonly actual: readonly string[] } {
  const surplus = new Map<string, number>();
  for (const checksum of expected) surplus.set(checksum, (surplus.get(checksum) ?? 0) + 1);
  for (const checksum of actual) surplus.set(checksum, (surplus.get(checksum) ?? 0) - 1);
  const repeated = (sign: number) =>
    [...surplus].flatMap(([checksum, count]) => Array<string>(Math.max(0, sign * count)).fill(checksum));
  return { expected: repeated(1), actual: repeated(-1) };
}
