/** What `scanRecords` found: whole records only, the rest of the bytes belongs to a record that is not complete. */
export interface ScannedRecords {
  readonly recordCount: number;
  /** Where the last whole record ends (the byte after its line feed); 0 when there is none. */
  readonly end: number;
  /** Where the last whole record starts. */
  readonly lastStart: number;
  readonly longestBytes: number;
}

const lineFeed = 10;
const quote = 34;

/**
 * Finds the whole CSV records in `bytes`, which must start at the start of a record, up to `limit`; a record that ends
 * beyond `limit` counts only when it is the first. Records, never lines: a quoted field may contain line feeds.
 * `onRecord` is called with the position of each record's line feed.
 */
export function scanRecords(bytes: Buffer, limit: number, onRecord?: (lineFeedAt: number) => void): ScannedRecords {
  // indexOf is vectorised: 134 MB in 0.15 s, where a loop over the bytes takes 0.4 s.
  let recordCount = 0;
  let start = 0;
  let lastStart = 0;
  let longestBytes = 0;
  let nextQuote = indexOrEnd(bytes, quote, 0);
  for (;;) {
    let end = indexOrEnd(bytes, lineFeed, start);
    while (nextQuote < end && end < bytes.length) {
      const closing = indexOrEnd(bytes, quote, nextQuote + 1);
      nextQuote = indexOrEnd(bytes, quote, closing + 1);
      if (closing > end) end = indexOrEnd(bytes, lineFeed, closing + 1);
    }
    if (end >= bytes.length || (end >= limit && recordCount > 0)) break;
    recordCount += 1;
    onRecord?.(end);
    lastStart = start;
    if (end + 1 - start > longestBytes) longestBytes = end + 1 - start;
    start = end + 1;
  }
  return { recordCount, end: start, lastStart, longestBytes };
}

/** Where the last of the whole records in `bytes`, which start at the start of a record, ends; 0 when there is none. */
export function lastRecordEnd(bytes: Buffer): number {
  // Without a quote every line feed ends a record, and the last one is found without looking at the others.
  return bytes.includes(quote) ? scanRecords(bytes, bytes.length).end : bytes.lastIndexOf(lineFeed) + 1;
}

/** Where each of the whole records in `bytes` ends: the byte after its line feed. */
export function recordEnds(bytes: Buffer): readonly number[] {
  const ends: number[] = [];
  scanRecords(bytes, bytes.length, (lineFeedAt) => ends.push(lineFeedAt + 1));
  return ends;
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  if (from >= bytes.length) return bytes.length;
  const found = bytes.indexOf(byte, from);
  return found === -1 ? bytes.length : found;
}
