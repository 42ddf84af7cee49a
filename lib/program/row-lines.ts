import { type CsvValue, encodeRow } from "../model/csv-dialect.js";
import { columnWidths, tableLine } from "./text-table.js";

/** How rows are shown: NULL is `\\N` in tables and CSV, null in JSON (one object a line). */
export type RowFormat = "table" | "csv" | "json";

export const rowFormats: readonly RowFormat[] = ["table", "csv", "json"];

type Row = readonly CsvValue[];

/** A table's columns are as wide as its first rows need: it is written while it is read. */
const rowsToMeasure = 100;
const mostLetters = 40;

/** The lines that show rows of `columns` in a format; nothing is held back beyond the first hundred rows. */
export function rowLines(
  format: RowFormat,
  columns: readonly string[],
  rows: AsyncIterable<Row>,
): AsyncIterable<string> {
  switch (format) {
    case "table":
      return tableLines(columns, rows);
    case "csv":
      return csvLines(columns, rows);
    case "json":
      return jsonLines(columns, rows);
    default:
      return format satisfies never;
  }
}

async function* tableLines(columns: readonly string[], rows: AsyncIterable<Row>): AsyncGenerator<string> {
  let waiting: (readonly string[])[] | undefined = [columns];
  let widths: readonly number[] = [];
  for await (const row of rows) {
    const cells = row.map((value) => value ?? "\\N");
    if (waiting === undefined) yield tableLine(cells, widths);
    else if (waiting.push(cells) > rowsToMeasure) {
      widths = columnWidths(waiting, mostLetters);
      for (const cells of waiting) yield tableLine(cells, widths);
      waiting = undefined;
    }
  }
  for (const cells of waiting ?? []) yield tableLine(cells, columnWidths(waiting ?? [], mostLetters));
}

async function* csvLines(columns: readonly string[], rows: AsyncIterable<Row>): AsyncGenerator<string> {
  yield encodeRow(columns).slice(0, -1);
  for await (const row of rows) yield encodeRow(row).slice(0, -1);
}

async function* jsonLines(columns: readonly string[], rows: AsyncIterable<Row>): AsyncGenerator<string> {
  for await (const row of rows)
    yield JSON.stringify(Object.fromEntries(columns.map((name, index) => [name, row[index]])));
}
