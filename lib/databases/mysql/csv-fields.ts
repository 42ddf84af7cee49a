import { isUtf8 } from "node:buffer";

const [comma, quote, lineFeed] = [0x2c, 0x22, 0x0a];

/** A value of a CSV chunk as it stands there, quotes and all. */
export interface CsvField {
  readonly from: number;
  readonly stop: number;
  readonly column: number;
  /** From 1. */
  readonly row: number;
  readonly endsRow: boolean;
}

/** The values of a chunk of whole rows in Waybill's dialect, whatever bytes they hold. */
export function* fieldsOf(csv: Buffer): Generator<CsvField> {
  let [from, column, row, isQuoted] = [0, 0, 1, false];
  for (let at = 0; at < csv.length; at++) {
    const byte = csv[at];
    if (byte === quote) isQuoted = !isQuoted;
    if (isQuoted || (byte !== comma && byte !== lineFeed)) continue;
    const endsRow = byte === lineFeed;
    yield { from, stop: at, column, row, endsRow };
    [from, column, row] = endsRow ? [at + 1, 0, row + 1] : [at + 1, column + 1, row];
  }
}

/** A value's own bytes; null for NULL. */
export function bytesOf(csv: Buffer, { from, stop }: CsvField): Buffer | null {
  const bytes = csv.subarray(from, stop);
  if (bytes[0] !== quote) return bytes.equals(nullText) ? null : bytes;
  const inner = bytes.subarray(1, -1);
  // Of each pair of quotes one remains: of a run of quotes those at even places.
  return Buffer.from(inner.filter((byte, index) => byte !== quote || runEndingAt(inner, index) % 2 === 0));
}

const nullText = Buffer.from("\\N");

function runEndingAt(bytes: Buffer, index: number): number {
  let run = 0;
  for (let at = index; bytes[at] === quote; at--) run += 1;
  return run;
}

/** How many bytes are UTF-8 before the first that is none. */
export function firstInvalid(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  // A prefix that ends within a character is cut back to where the character begins.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isUtf8(bytes.subarray(0, characterStart(bytes, middle)))) low = middle;
    else high = middle - 1;
  }
  return characterStart(bytes, low);
}

function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && start > at - 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}
