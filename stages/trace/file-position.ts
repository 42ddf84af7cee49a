import { join, relative } from "node:path";
import { readNthRecord } from "../../lib/files/nth-record.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import type { Resource } from "../../lib/model/manifest.js";
import type { Tracing } from "./transforms.js";

/** Where a row stands: the file and its place in it, counted from 0. */
export interface RowPlace {
  readonly folder: string;
  readonly file: Resource;
  readonly row: number;
}

/** The same for people: the file from the work directory, row and line counted from 1, the header being line 1. */
export interface FilePosition {
  readonly file: string;
  readonly row: number;
  readonly line: number;
}

/** A row with the place it was read at. */
export interface PositionedRow {
  readonly position: FilePosition;
  readonly values: readonly CsvValue[];
}

/** Reads the row at a place out of its file, which is proved; 65 where it is damaged, with the command that mends it. */
export async function readPositioned(
  { work }: Tracing,
  { folder, file, row }: RowPlace,
  command: string,
): Promise<PositionedRow> {
  const { values, line } = await readNthRecord(folder, file, { row, command });
  return { position: { file: relative(work.run, join(folder, file.path)), row: row + 1, line }, values };
}
