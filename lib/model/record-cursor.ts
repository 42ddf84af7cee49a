import { lastRecordEnd, scanRecords } from "./record-scanner.js";

/** A stream of CSV without a header, read record by record without being cut up: it stands where a record starts. */
export interface RecordCursor {
  /** The bytes at hand. */
  readonly bytes: Buffer;
  /** Brings so many bytes to hand, or all there are. */
  fill(byteCount: number): Promise<void>;
  /** Brings a whole record to hand, and says how many bytes it has; 0: there is none left. Throws `RecordTooLong`. */
  wholeRecord(): Promise<number>;
  skip(byteCount: number): void;
  /** Leaves the rest of the stream unread. */
  close(): Promise<void>;
}

/** Longer than the chunks of most streams, and what is left of the one before. */
const usualBytes = 512 * 1024;

/** Longer records are not worth the memory that each of the streams would hold them in. */
const mostBytes = 16 * 1024 * 1024;

/** A record that a cursor does not bring to hand. */
export class RecordTooLong extends Error {}

/** Reads `chunks`, as they are asked for, into one place: what is at hand holds until more is asked for. */
export function recordCursor(chunks: AsyncIterable<Buffer>): RecordCursor {
  const iterator = chunks[Symbol.asyncIterator]();
  let place: Buffer = Buffer.allocUnsafeSlow(0);
  let bytes = place;
  let isOver = false;
  const append = (chunk: Buffer): void => {
    const length = bytes.length + chunk.length;
    const from = bytes;
    if (length > place.length) place = Buffer.allocUnsafeSlow(Math.max(length, 2 * place.length, usualBytes));
    from.copy(place);
    chunk.copy(place, from.length);
    bytes = place.subarray(0, length);
  };
  const fill = async (byteCount: number): Promise<void> => {
    while (bytes.length < byteCount && !isOver) {
      const { done = false, value } = await iterator.next();
      isOver = done;
      if (!done) append(value);
    }
  };
  return {
    get bytes() {
      return bytes;
    },
    fill,
    wholeRecord: async () => {
      for (;;) {
        const { lastStart, end, recordCount } = scanRecords(bytes, 1);
        if (recordCount > 0) return end - lastStart;
        // What no line feed ends is a record too, and none that another side would hold.
        if (isOver) return bytes.length;
        if (bytes.length > mostBytes) throw new RecordTooLong(`a record of more than ${mostBytes} bytes`);
        await fill(Math.min(2 * bytes.length, mostBytes) + 1);
      }
    },
    skip: (byteCount) => {
      bytes = bytes.subarray(byteCount);
    },
    close: async () => {
      isOver = true;
      await iterator.return?.();
    },
  };
}

/** How many bytes two cursors have in common, in whole records at hand. */
export function commonRecords(one: RecordCursor, other: RecordCursor): number {
  return lastRecordEnd(one.bytes.subarray(0, commonLength(one.bytes, other.bytes)));
}

/** Whether the next record of a cursor is this one. */
export async function startsWith(cursor: RecordCursor, record: Buffer): Promise<boolean> {
  if (cursor.bytes.length < record.length) await cursor.fill(record.length);
  return cursor.bytes.length >= record.length && cursor.bytes.compare(record, 0, record.length, 0, record.length) === 0;
}

const firstBlock = 1024;
const largestBlock = 64 * 1024;

// By blocks that grow: where a run of equal bytes is short the search costs no more than the run, where it is long a
// comparison covers much of it.
function commonLength(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  const isSame = (from: number, to: number): boolean => one.compare(other, from, to, from, to) === 0;
  let start = 0;
  for (let block = firstBlock; start < most; block = Math.min(4 * block, largestBlock)) {
    let end = Math.min(start + block, most);
    if (isSame(start, end)) {
      start = end;
      continue;
    }
    while (end - start > 1) {
      const middle = (start + end) >> 1;
      if (isSame(start, middle)) start = middle;
      else end = middle;
    }
    return start;
  }
  return most;
}
