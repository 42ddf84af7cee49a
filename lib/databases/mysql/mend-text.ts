import type { InvalidText } from "../../mapping/migration.js";
import { checksumOfRow, type RowDigest } from "../../model/checksum.js";
import { bytesOf, type CsvField, fieldsOf } from "./csv-fields.js";
import { faultIn } from "./unfit-text.js";

/** What becomes of values that no text file may hold, in rows whose first fields are `columns`. */
export interface Mending {
  readonly policy: Exclude<InvalidText, "refuse">;
  /** The columns of the source; behind them stand, each where the extract has it, what is wrong with a row, and its checksum. */
  readonly columns: readonly string[];
  /** What the checksum of a row is, where it has one. */
  readonly rowChecksum: RowDigest | undefined;
  /** Told of each value that was mended. */
  readonly onMended: (column: string) => void;
}

/**
 * Rows of which some hold bytes that are no UTF-8, or NUL characters, as a file may hold them. A row that was changed
 * gets the checksum of what stands in it now; all others stay byte for byte.
 */
export function mendText(csv: Buffer, mending: Mending): Buffer {
  const mended: Buffer[] = [];
  let row: CsvField[] = [];
  for (const field of fieldsOf(csv)) {
    row.push(field);
    if (!field.endsRow) continue;
    mended.push(mendRow(csv, row, mending));
    row = [];
  }
  return Buffer.concat(mended);
}

function mendRow(csv: Buffer, row: readonly CsvField[], mending: Mending): Buffer {
  const { policy, columns, rowChecksum, onMended } = mending;
  const faults: string[] = [];
  const values = row.slice(0, columns.length).map((field, index) => {
    const bytes = bytesOf(csv, field);
    const fault = faultIn(bytes);
    if (bytes === null || fault === undefined) return bytes;
    const column = columns[index] ?? "";
    onMended(column);
    faults.push(`${column}: ${fault}`);
    return mendValue(bytes, policy);
  });
  const [first, last] = [row[0], row.at(-1)];
  if (faults.length === 0) return csv.subarray(first?.from, (last?.stop ?? 0) + 1);
  return Buffer.concat([
    ...values.flatMap((value, index) => [...(index === 0 ? [] : [comma]), encoded(value)]),
    ...(policy === "reject" ? [comma, encoded(Buffer.from(faults.join("; ")))] : []),
    ...(rowChecksum === undefined ? [] : [comma, Buffer.from(checksumOfRow(values.map(textOf), rowChecksum))]),
    lineFeed,
  ]);
}

const [comma, lineFeed] = [Buffer.from(","), Buffer.from("\n")];

function mendValue(bytes: Buffer, policy: Mending["policy"]): Buffer {
  switch (policy) {
    case "strip":
      return replaceUnfit(bytes, "");
    case "replace":
      return replaceUnfit(bytes, replacement);
    case "bytes":
    case "reject":
      return Buffer.from(`\\x${bytes.toString("hex")}`);
    default:
      return policy satisfies never;
  }
}

const replacement = "\u{fffd}";

// What a decoder puts in place of bytes that are no UTF-8 (the WHATWG's: one mark for each longest stretch that begins
// a character) is told from the same character in the data by taking that out first: no other sequence holds its bytes.
function replaceUnfit(bytes: Buffer, by: string): Buffer {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const pieces: string[] = [];
  const mark = Buffer.from(replacement);
  for (let from = 0; from <= bytes.length; ) {
    const at = bytes.indexOf(mark, from);
    const stop = at < 0 ? bytes.length : at;
    pieces.push(decoder.decode(bytes.subarray(from, stop)).replaceAll(replacement, by).replaceAll("\0", by));
    if (at < 0) break;
    from = at + mark.length;
  }
  return Buffer.from(pieces.join(replacement));
}

function encoded(value: Buffer | null): Buffer {
  if (value === null) return Buffer.from("\\N");
  const text = value.toString("utf8");
  return /[",\r\n]/.test(text) || text === "\\N" ? Buffer.from(`"${text.replaceAll('"', '""')}"`) : value;
}

function textOf(value: Buffer | null): string | null {
  return value?.toString("utf8") ?? null;
}
