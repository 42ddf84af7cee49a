import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { CastingContext } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";
import { stringify as stringifySync } from "csv-stringify/sync";
import type { CsvValue } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { recordBatches } from "../model/record-batches.js";
import { diskError, errorCode } from "./disk-error.js";

/** The dialect as csv-parse takes it. */
const dialectOptions = {
  delimiter: ",",
  quote: '"',
  escape: '"',
  record_delimiter: "\n",
  relax_column_count: false,
  skip_empty_lines: false,
} as const;

/** Only `cast` is told whether a value was quoted, which tells NULL from `"\N"`. */
const parserOptions = {
  ...dialectOptions,
  cast: (value: string, context: CastingContext): CsvValue => (value === "\\N" && !context.quoting ? null : value),
} as const;

/** The rows of CSV text in Waybill's dialect; the header, if the text has one, is the first row. */
export function parseRows(text: string): readonly (readonly CsvValue[])[] {
  // Where no value can be the quoted text \N, csv-parse need not be asked for quotes: `cast` takes twelve times as long as
  // all the rest (3.9 s instead of 0.3 for 900,000 values).
  if (!text.includes('"\\N"')) return (parseSync(text, dialectOptions) as string[][]).map((row) => row.map(nullOr));
  // csv-parse types rows as string[], whatever `cast` returns.
  return parseSync(text, parserOptions) as unknown as (readonly CsvValue[])[];
}

function nullOr(value: string): CsvValue {
  return value === "\\N" ? null : value;
}

/** Rows of two or more columns as CSV text in Waybill's dialect, the very text that `encodeRow` makes. */
export function stringifyRows(rows: readonly (readonly CsvValue[])[]): string {
  const options = { delimiter: ",", quote: '"', escape: '"', record_delimiter: "\n", quoted_match: /\r/ } as const;
  const isPlain = rows.every((row) => !row.includes("\\N"));
  if (isPlain)
    return stringifySync(
      rows.map((row) => row.map((value) => value ?? "\\N")),
      options,
    );
  // NULL goes as a boolean, the one type that no value has: csv-stringify casts everything but null. Twice as slow.
  return stringifySync(
    rows.map((row) => row.map((value) => value ?? true)),
    {
      ...options,
      cast: { boolean: () => "\\N", string: (value) => (value === "\\N" ? { value, quoted: true } : value) },
    },
  );
}

/** The rows of one gzipped CSV file, the header first, one after another in bounded memory. */
export async function* readRows(path: string): AsyncGenerator<readonly CsvValue[]> {
  const file = createReadStream(path);
  const unzipped = file.pipe(createGunzip());
  // .pipe() forwards no errors: each stream must hand its own to the last, or whoever reads that waits for ever.
  file.on("error", (error) => unzipped.destroy(error));
  try {
    yield* rowsOf(unzipped, (error) => (error === file.errored ? error : damaged(path, error)));
  } finally {
    file.destroy();
    unzipped.destroy();
  }
}

/** A row of a file that people have worked on, and the line on which it begins. */
export interface PlacedRow {
  readonly line: number;
  readonly row: readonly CsvValue[];
}

/**
 * The rows of a plain CSV file in Waybill's dialect, the header first, each with its line. Spreadsheets' byte order mark
 * and their CRLF are understood. 66 when the file is not there, 65 when it is no CSV.
 */
export async function readPlacedRows(path: string): Promise<readonly PlacedRow[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (errorCode(error) === "ENOENT")
      throw new StageError("missing", `${path} is not there`, "name the file you corrected");
    throw diskError(error, path);
  });
  const options = {
    ...parserOptions,
    record_delimiter: ["\n", "\r\n"],
    bom: true,
    info: true,
    relax_column_count: true,
  };
  try {
    const records = parseSync(text, options) as unknown as readonly {
      readonly record: readonly CsvValue[];
      readonly info: { readonly lines: number };
    }[];
    let line = 1;
    return records.map(({ record, info }) => {
      const placed = { line, row: record };
      line = info.lines + 1;
      return placed;
    });
  } catch (error) {
    // csv-parse shows values in its messages; its code alone says enough.
    throw new StageError(
      "integrity",
      `${path} is no CSV in Waybill's dialect (${errorCode(error)})`,
      "save it as CSV with commas and double quotes",
    );
  }
}

/** The rows of one gzipped CSV file without its header. */
export async function* readBody(path: string): AsyncGenerator<readonly CsvValue[]> {
  let isHeader = true;
  for await (const row of readRows(path)) {
    if (!isHeader) yield row;
    isHeader = false;
  }
}

/**
 * The rows of a stream of CSV text, one after another in bounded memory; `explain` says what its errors mean. Many are parsed
 * at a time: one by one each value is asked for its quotes, and 2,343 rejected rows cost validate 0.3 s of its 5.5.
 */
export async function* rowsOf(
  csv: Readable,
  explain = (error: Error): Error => error,
): AsyncGenerator<readonly CsvValue[]> {
  let width: number | undefined;
  for await (const batch of recordBatches(explained(csv, explain))) {
    for (const row of parseRows(batch.csv.toString("utf8"))) {
      width ??= row.length;
      if (row.length !== width) throw new Error(`a row of ${row.length} values among rows of ${width}`);
      yield row;
    }
  }
}

async function* explained(csv: Readable, explain: (error: Error) => Error): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of csv) yield chunk;
  } catch (error) {
    throw error instanceof Error ? explain(error) : error;
  }
}

function damaged(path: string, error: Error): StageError {
  return new StageError(
    "integrity",
    `${path}: not a whole gzip file: ${error.message}`,
    "run the stage that wrote it again with --force",
    error,
  );
}
