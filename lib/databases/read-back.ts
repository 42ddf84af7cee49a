import type { Readable } from "node:stream";
import { type CsvValue, decodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import type { Sql } from "../model/names.js";
import { type LeftOver, pairRecords } from "../model/pair-records.js";
import { RecordTooLong, recordCursor } from "../model/record-cursor.js";
import type { Suspects } from "./buckets-port.js";
import type { Comparison } from "./checks-port.js";
import { compareSuspects, type SuspectSides } from "./compare-suspects.js";
import type { CopyOut } from "./port.js";
import type { PartToLoad } from "./target-port.js";

/** A table whose rows are read back, to be paired with those of the files. */
export interface ReadBack {
  readonly parts: readonly PartToLoad[];
  /**
   * Its rows in the columns of the parts and in the order in which they stand, all or the first few; values are spelled as in
   * `like`, some rows of the files, where the table can do so without making two values one.
   */
  copy(request: { readonly like: Rows; readonly limit?: number }): CopyOut;
}

/** Rows that a statement can hold. */
const mostSuspects = 20_000;

const mostWaiting = { records: 50_000, bytes: 16 * 1024 * 1024 };

/** So few rows tell whether reading them all is of any use. */
const firstRows = 1000;

/** So many show how the values of a column are spelled. */
const spelledRows = 200;

/**
 * Compares the rows of files with those of a table by pairing them off, byte by byte: what has the same bytes its type reads as
 * the same value. The rows left over are compared by their values. undefined: they are many, as where the table prints values
 * otherwise than the files spell them, or keeps its rows in another order; or they are too long, or cannot be brought together.
 */
export async function compareByReading(table: ReadBack, sides: SuspectSides): Promise<Comparison | undefined> {
  const suspects = await readBack(table).catch((error: unknown) => {
    if (error instanceof RecordTooLong) return undefined;
    throw error;
  });
  if (suspects === undefined) return undefined;
  const found = await compareSuspects(sides, suspects);
  return typeof found === "string" ? undefined : found;
}

async function readBack(table: ReadBack): Promise<Suspects | undefined> {
  const rowCount = table.parts.reduce((sum, part) => sum + part.rowCount, 0);
  const like = await firstRowsOf(table.parts);
  if (rowCount > mostSuspects && !(await beginsAlike(table, like))) return undefined;
  const copy = table.copy({ like });
  const left = await pairRows(table, { copy, isBeginning: false });
  if (left === undefined || Math.max(left.expected.length, left.actual.length) > mostSuspects) return undefined;
  const equal = rowCount - left.expected.length;
  // Where a file holds other than its manifest promises, the usual way says which one.
  if (equal !== (await wholeCount(copy)) - left.actual.length) return undefined;
  return { expected: left.expected.map(valuesOf), actual: left.actual.map(valuesOf), equal };
}

/** Values as texts, row by row. */
export type Rows = readonly (readonly CsvValue[])[];

/** Each column as the rows spell it: `spelledAs` is how a database prints a column as some texts are. */
export function spelledLike<Column>(
  columns: readonly Column[],
  like: Rows,
  spelledAs: (column: Column, texts: readonly CsvValue[]) => Sql,
): readonly Sql[] {
  return columns.map((column, index) =>
    spelledAs(
      column,
      like.map((row) => row[index] ?? null),
    ),
  );
}

/** The first few rows of the files: how they spell their values. */
export async function firstRowsOf(parts: readonly PartToLoad[]): Promise<Rows> {
  const part = parts.find(({ rowCount }) => rowCount > 0);
  if (part === undefined) return [];
  const cursor = recordCursor(await part.open());
  const rows: (readonly CsvValue[])[] = [];
  try {
    for (let length = 1; length > 0 && rows.length < spelledRows; cursor.skip(length)) {
      length = await cursor.wholeRecord();
      if (length > 0) rows.push(valuesOf(cursor.bytes.subarray(0, length)));
    }
  } finally {
    await cursor.close();
  }
  return rows;
}

// A table that is read has to be read to its end: it takes a second for a million rows.
async function beginsAlike(table: ReadBack, like: Rows): Promise<boolean> {
  const copy = table.copy({ like, limit: firstRows });
  const left = await pairRows(table, { copy, isBeginning: true });
  return left !== undefined && 2 * left.actual.length <= (await wholeCount(copy));
}

/** How many rows there were, each value of theirs as it is; else no number. */
async function wholeCount({ mended, serverRowCount }: CopyOut): Promise<number> {
  if (Object.keys(mended?.() ?? {}).length > 0) return Number.NaN;
  return await serverRowCount().catch((error: unknown) => {
    // The server left a value out, which it can compare all the same.
    if (error instanceof StageError && error.kind === "integrity") return Number.NaN;
    throw error;
  });
}

async function pairRows(
  { parts }: ReadBack,
  { copy: { rows }, isBeginning }: { readonly copy: CopyOut; readonly isBeginning: boolean },
): Promise<LeftOver | undefined> {
  try {
    return await pairRecords({
      actual: rows.iterator({ destroyOnReturn: false }),
      expected: parts.map((part) => async () => await part.open()),
      isBeginning,
      mostWaiting,
    });
  } finally {
    await passOver(rows);
  }
}

// Rows that nobody reads would stand before the answer to whatever is asked next.
async function passOver(rows: Readable): Promise<void> {
  if (rows.readableEnded || rows.destroyed) return;
  try {
    for await (const _ of rows);
  } catch {
    // The first error is the one to be told.
  }
}

const valuesOf = (record: Buffer) => decodeRow(record.toString("utf8"));
