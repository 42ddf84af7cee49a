import { isUtf8 } from "node:buffer";
import { StageError } from "../../model/errors.js";

const [comma, quote, lineFeed] = [0x2c, 0x22, 0x0a];

/** What is being copied, for messages. */
export interface CopiedColumns {
  readonly extract: string;
  readonly columns: readonly string[];
}

/**
 * The error for a chunk of CSV that holds bytes no file may: it names the extract, the row by its number in the part, the
 * column and the byte, never the value.
 */
export function findUnfit(csv: Buffer, what: CopiedColumns & { readonly rowsBefore: number }): StageError {
  for (const { bytes, column, row } of fieldsOf(csv)) {
    const nulAt = bytes.indexOf(0);
    const badAt = isUtf8(bytes) ? -1 : firstInvalid(bytes);
    if (nulAt < 0 && badAt < 0) continue;
    const name = what.columns[column] ?? `${column + 1}`;
    const fault = badAt < 0 ? "a NUL character" : "bytes that are no UTF-8";
    return new StageError(
      "integrity",
      `${what.extract}: row ${what.rowsBefore + row} of a part, column ${name}: a value holds ${fault}, from byte ${badAt < 0 ? nulAt : badAt} on`,
      `extract it as bytes: select: SELECT …, CAST(${name} AS BINARY) AS ${name} FROM …, or mend it there`,
    );
  }
  return new StageError("integrity", `${what.extract}: a row holds bytes that are no UTF-8`);
}

interface CsvField {
  readonly bytes: Buffer;
  readonly column: number;
  /** From 1. */
  readonly row: number;
}

function* fieldsOf(csv: Buffer): Generator<CsvField> {
  let [start, column, row, isQuoted] = [0, 0, 1, false];
  for (let at = 0; at < csv.length; at++) {
    const byte = csv[at];
    if (byte === quote) isQuoted = !isQuoted;
    if (isQuoted || (byte !== comma && byte !== lineFeed)) continue;
    yield { bytes: unquoted(csv.subarray(start, at)), column, row };
    [start, column, row] = byte === comma ? [at + 1, column + 1, row] : [at + 1, 0, row + 1];
  }
}

function unquoted(bytes: Buffer): Buffer {
  if (bytes[0] !== quote) return bytes;
  const inner = bytes.subarray(1, -1);
  return Buffer.from(
    inner.filter((byte, index) => byte !== quote || inner[index - 1] !== quote || isSecond(inner, index)),
  );
}

// Of each pair of quotes one remains: of a run of quotes those at even places.
function isSecond(bytes: Buffer, index: number): boolean {
  let run = 0;
  for (let at = index; bytes[at] === quote; at--) run += 1;
  return run % 2 === 1;
}

/** How many bytes are UTF-8 before the first that is none. */
function firstInvalid(bytes: Buffer): number {
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
