import { type CsvValue, encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import type { Resource } from "../model/manifest.js";
import { type RecordBatch, recordBatches } from "../model/record-batches.js";
import { recordEnds } from "../model/record-scanner.js";
import { parseRows } from "./csv-rows.js";
import { openPart } from "./part-reader.js";

const lineFeed = 10;

/** One row of a file: its values, and the line of the unpacked file on which it begins, the header's first being 1. */
export interface NthRecord {
  readonly values: readonly CsvValue[];
  readonly line: number;
}

/**
 * Reads the row of a file that stands at `row`, counted from 0, past all before it; 65 when the file is not, byte for
 * byte, what its manifest promises, and `command` in the hint.
 */
export async function readNthRecord(
  folder: string,
  resource: Resource,
  { row, command }: { readonly row: number; readonly command: string },
): Promise<NthRecord> {
  const header = encodeRow(resource.schema.fields.map(({ name }) => name));
  let line = 1 + lineFeeds(Buffer.from(header));
  const stream = await openPart(folder, resource, command);
  try {
    for await (const batch of recordBatches(stream)) {
      if (row >= batch.firstRow + batch.rowCount) {
        line += lineFeeds(batch.csv);
        continue;
      }
      const [start, end] = edgesOf(batch, row - batch.firstRow);
      const [values = []] = parseRows(batch.csv.toString("utf8", start, end));
      return { values, line: line + lineFeeds(batch.csv.subarray(0, start)) };
    }
  } finally {
    stream.destroy();
  }
  throw new StageError("integrity", `${resource.path} has no row ${row + 1}`, `run that stage again: ${command}`);
}

function edgesOf({ csv }: RecordBatch, record: number): readonly [start: number, end: number] {
  const ends = recordEnds(csv);
  return [record === 0 ? 0 : (ends[record - 1] ?? 0), ends[record] ?? csv.length];
}

function lineFeeds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}
