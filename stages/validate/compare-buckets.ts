import type { Buckets } from "../../lib/databases/buckets-port.js";
import type { Comparison } from "../../lib/databases/checks-port.js";
import {
  type Bucketed,
  type BucketRow,
  type BucketSums,
  differingBuckets,
  surplusOf,
} from "../../lib/model/buckets.js";

/** Rows whose checksums are looked at one by one: a hundred megabytes of them, and of their values. */
const mostChecksums = 200_000;

/** Rows that are compared value by value: they go to the target inside a statement. */
const mostSuspects = 20_000;

/** Rows of a bucket, so that a few that differ are found among few. */
const bucketRows = 256;

/**
 * Compares the rows of files with those of the target by checksums: all together, then, where these differ, by buckets, then
 * row by row, and the rows that only one side has by their values. A text: so many differ that all rows are to be compared.
 */
export async function compareBuckets(files: Bucketed, target: Buckets, rowCount: number): Promise<Comparison | string> {
  const all = await differing(files, target, 0);
  if (all.buckets.length === 0) return await target.compare({ expected: [], actual: [], equal: countOf(all.expected) });
  const bits = Math.min(16, Math.max(4, Math.ceil(Math.log2(Math.max(rowCount, 1) / bucketRows))));
  const { expected, actual, buckets } = await differing(files, target, bits);
  const most = Math.max(countOf(expected, buckets), countOf(actual, buckets));
  if (most > mostChecksums) return `the checksums of ${buckets.length} among ${2 ** bits} buckets differ`;
  const surplus = surplusOf(await files.checksums(bits, buckets), await target.checksums(bits, buckets));
  const suspects = Math.max(surplus.expected.length, surplus.actual.length);
  if (suspects > mostSuspects) return `the checksums of ${suspects} rows differ`;
  return await target.compare({
    expected: await rowsOf(files, surplus.expected),
    actual: await rowsOf(target, surplus.actual),
    equal: countOf(expected) - surplus.expected.length,
  });
}

async function differing(files: Bucketed, target: Bucketed, bits: number) {
  const [expected, actual] = await Promise.all([files.sums(bits), target.sums(bits)]);
  return { expected, actual, buckets: differingBuckets(expected, actual) };
}

function countOf(sums: BucketSums, buckets: Iterable<number> = sums.keys()): number {
  return [...buckets].reduce((total, bucket) => total + (sums.get(bucket)?.count ?? 0), 0);
}

async function rowsOf(side: Bucketed, checksums: readonly string[]): Promise<readonly BucketRow[]> {
  const rows = await side.rows([...new Set(checksums)]);
  return checksums.map((checksum) => {
    const row = rows.get(checksum);
    if (row === undefined) throw new RangeError(`no row has the checksum ${checksum}`);
    return row;
  });
}
