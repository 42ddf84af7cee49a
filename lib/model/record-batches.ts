import { scanRecords } from "./record-scanner.js";

/** Whole CSV records, and which of the rows the first of them is, counted from 0. */
export interface RecordBatch {
  readonly csv: Buffer;
  readonly firstRow: number;
  readonly rowCount: number;
}

/** So that a batch keeps a thread busy for some milliseconds, and the rows in flight take little memory. */
const batchBytes = 256 * 1024;

/** Cuts a stream of CSV without a header into batches of whole records of about 256 KB; a record is never cut. */
export async function* recordBatches(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let pending: Buffer[] = [];
  let length = 0;
  let wanted = batchBytes;
  let firstRow = 0;
  for await (const chunk of chunks) {
    pending.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    const bytes = Buffer.concat(pending);
    const { recordCount, end } = scanRecords(bytes, bytes.length);
    // One record longer than a batch: look again only when twice as much is there, or the search goes quadratic.
    wanted = recordCount === 0 ? 2 * length : batchBytes;
    if (recordCount > 0) yield { csv: bytes.subarray(0, end), firstRow, rowCount: recordCount };
    firstRow += recordCount;
    pending = [bytes.subarray(end)];
    length = bytes.length - end;
  }
  const rest = Buffer.concat(pending);
  if (rest.length > 0) yield { csv: rest, firstRow, rowCount: scanRecords(rest, rest.length).recordCount };
}
