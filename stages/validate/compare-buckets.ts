import type { Buckets } from "../../lib/databases/buckets-port.js";
import type { Comparison } from "../../lib/databases/checks-port.js";
import {
  allInOne,
  type Bucketed,
  type BucketRow,
  type BucketSums,
  differingBuckets,
  surplusOf,
  withoutChecksum,
} from "../../lib/model/buckets.js";

/** Rows whose checksums are looked at one by one: a hundred megabytes of them, and of their values. */
const mostChecksums = 200_000;

/** Rows that are compared value by value: they go to the target inside a statement. */
const mostSuspects = 20_000;

/** Rows of a bucket, so that a few that differ are found among few. */
const bucketRows = 256;

export interface FilesToCompare {
  readonly rowCount: number;
  /** The sum of all their rows as they are spelled, where a manifest states it. */
  readonly stated: BucketSums | undefined;
  /** Reads them, to bring their values into normal forms. */
  open(): Promise<Bucketed>;
}

/**
 * Compares the rows of files with those of the target by checksums: all together, then, where these differ, by buckets, then
 * row by row, and the rows that only one side has by their values. A text: so many differ that all rows are to be compared.
 */
export async function compareBuckets(
  { rowCount, stated, open }: FilesToCompare,
  target: Buckets,
): Promise<Comparison | string> {
  const isEqual = (sums: BucketSums, found: BucketSums): boolean => differingBuckets(sums, found).length === 0;
  const allEqual = (sums: BucketSums) => target.compare({ expected: [], actual: [], equal: countOf(sums) });
  const spelled = stated === undefined ? undefined : await target.spelledSum();
  if (stated !== undefined && spelled !== undefined && isEqual(stated, spelled)) return await allEqual(stated);
  const found = await target.sums(0);
  const tooLong = found.get(withoutChecksum)?.count ?? 0;
  if (tooLong > 0) return `the server computes no checksum of ${tooLong} of its rows, which are too long for it`;
  // Where the spelling of the files is not the normal form, the stated sum differs, and says nothing.
  if (stated !== undefined && isEqual(stated, found)) return await allEqual(stated);
  const files = await open();
  const bits = bitsFor(rowCount);
  const expected = await files.sums(bits);
  if (isEqual(allInOne(expected), found)) return await allEqual(expected);
  const actual = await target.sums(bits);
  const buckets = differingBuckets(expected, actual);
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

function bitsFor(rowCount: number): number {
  return Math.min(16, Math.max(4, Math.ceil(Math.log2(Math.max(rowCount, 1) / bucketRows))));
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
