import { Readable } from "node:stream";
import { type RecordBatch, recordBatches } from "../model/record-batches.js";
import { recordEnds } from "../model/record-scanner.js";
import type { PartToLoad } from "./target-port.js";

/** Rows of parts, by the part's name: their numbers in it, counted from 1. */
export type RowNumbers = ReadonlyMap<string, ReadonlySet<number>>;

/** The parts without some of their rows; what is left of each stands as it did. */
export function withoutRows(parts: readonly PartToLoad[], rows: RowNumbers): readonly PartToLoad[] {
  return parts.map((part) => {
    const out = rows.get(part.name);
    if (out === undefined || out.size === 0) return part;
    const open = async () => Readable.from(remaining(await part.open(), out), { objectMode: false });
    return { ...part, rowCount: part.rowCount - out.size, open };
  });
}

async function* remaining(csv: AsyncIterable<Buffer>, out: ReadonlySet<number>): AsyncGenerator<Buffer> {
  const waiting = [...out].sort((a, b) => b - a);
  for await (const batch of recordBatches(csv)) {
    const here: number[] = [];
    while ((waiting.at(-1) ?? Number.POSITIVE_INFINITY) <= batch.firstRow + batch.rowCount)
      here.push(waiting.pop() ?? 0);
    const rest = here.length === 0 ? batch.csv : cutOut(batch, here);
    if (rest.length > 0) yield rest;
  }
}

/** The records of a batch without those of these numbers, which are sorted. */
function cutOut({ csv, firstRow }: RecordBatch, numbers: readonly number[]): Buffer {
  const ends = recordEnds(csv);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const number of numbers) {
    const index = number - firstRow - 1;
    pieces.push(csv.subarray(from, index === 0 ? 0 : ends[index - 1]));
    from = ends[index] ?? csv.length;
  }
  return Buffer.concat([...pieces, csv.subarray(from)]);
}
