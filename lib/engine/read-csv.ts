import { join as joinPath } from "node:path";
import { identifier, join, keyJson, literal, sql } from "../mapping/sql.js";
import type { Resource } from "../model/manifest.js";
import type { Sql } from "../model/names.js";

/**
 * The rows of files in Waybill's dialect as a relation, every column text. Nothing is sniffed; the line limit comes from
 * the manifest, which knows the longest row (DuckDB reserves a multiple of it). A file is read by one thread: several
 * guess where records start, and give up on quoted text that spans lines (DuckDB 1.5: "unterminated quote").
 */
export function readCsv(folder: string, files: readonly Resource[]): Sql {
  const fields = files[0]?.schema.fields ?? [];
  const columns = join(
    fields.map(({ name }) => sql`${literal(name)}: 'VARCHAR'`),
    ", ",
  );
  const paths = join(
    files.map(({ path }) => literal(plainPath(joinPath(folder, path)))),
    ", ",
  );
  const lineBytes = lineBytesOf(files);
  return sql`read_csv([${paths}], columns = {${columns}}, auto_detect = false, header = true, compression = 'gzip', delim = ',', quote = '"',
    escape = '"', new_line = '\\n', nullstr = '\\N', allow_quoted_nulls = false, strict_mode = true, null_padding = false,
    parallel = false, max_line_size = ${number(lineBytes)}, buffer_size = ${number(4 * lineBytes)})`;
}

function lineBytesOf(files: readonly Resource[]): number {
  return Math.max(1 << 20, ...files.map((file) => file._longestRecordBytes + 1024));
}

/** What one reader of such files holds at the most: three to four buffers, each of four of the longest rows. */
export function readingMegabytes(files: readonly Resource[]): number {
  return (16 * lineBytesOf(files)) / 1e6;
}

/** A path as DuckDB reads it, which takes `*`, `?` and `[` for a pattern of many files. */
export function plainPath(path: string): string {
  return path.replace(/[[*?]/g, "[$&]");
}

/** Files whose columns are named by their place, c0 and so on: names that differ only in case are one to DuckDB. */
export function withPlaces(files: readonly Resource[]): readonly Resource[] {
  return files.map((file) => {
    const fields = file.schema.fields.map((field, index) => ({ ...field, name: `c${index}` }));
    return { ...file, schema: { ...file.schema, fields } };
  });
}

/** A whole number in SQL. */
export function number(value: number): Sql {
  return String(Math.trunc(value)) as Sql;
}

/** COPY … TO a plain file in Waybill's dialect, without a header. */
export function copyTo(path: string, select: Sql): Sql {
  return sql`COPY (${select}) TO ${literal(path)} (FORMAT csv, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULL '\\N')`;
}

/** A value of a row, and its Frictionless type. */
export interface TypedValue {
  readonly value: Sql;
  readonly type: string;
}

/** Whether `row_checksum` is neither of what a server may have made of a row's text; the second is asked only where the first is not. */
export function isWrongChecksum(text: Sql): Sql {
  return sql`(md5(${text}) IS DISTINCT FROM row_checksum AND left(sha256(${text}), 32) IS DISTINCT FROM row_checksum)`;
}

/** The unambiguous text of a row whose MD5 is its checksum; the same definition as on every source. */
export function rowText(values: readonly TypedValue[]): Sql {
  // replace() costs five times what contains() does, and numbers, dates and booleans hold no `|` at all.
  const escaped = values.map(({ value, type }) =>
    type === "string"
      ? sql`coalesce(CASE WHEN contains(${value}, '|') THEN replace(${value}, '|', '|p') ELSE ${value} END, '|n')`
      : sql`coalesce(${value}, '|n')`,
  );
  return sql`concat_ws('|,', ${join(escaped, ", ")})`;
}

/** The key of a source row as one text. */
export function keyText(names: readonly string[]): Sql {
  return keyJson(names.map(identifier));
}
