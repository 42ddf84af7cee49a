import { readRows } from "../../lib/files/csv-rows.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { nearest } from "../../lib/model/nearest.js";
import { rowLines } from "../../lib/program/row-lines.js";
import type { Context } from "../../lib/program/run-program.js";
import { filesToInspect } from "./files.js";
import type { Condition, InspectOptions } from "./options.js";

type Row = readonly CsvValue[];

/** Shows rows of an intermediate file on stdout, until the limit, the end, or nobody reads any more. */
export async function inspect(options: InspectOptions, { reporter }: Context): Promise<void> {
  const rows = rowsOf(filesToInspect(options));
  const header = await rows.next();
  const columns = header.done === true ? [] : header.value.map((name) => name ?? "");
  const shown = limited(matching(rows, columns, options.where), options.limit);
  for await (const line of rowLines(options.format, columns, shown)) if (!reporter.output(line)) return;
}

/** The rows of all files one after another; the header comes once, first of all. */
async function* rowsOf(files: AsyncIterable<string>): AsyncGenerator<Row> {
  let isFirstFile = true;
  for await (const path of files) {
    let isHeader = true;
    for await (const row of readRows(path)) {
      if (!isHeader || isFirstFile) yield row;
      isHeader = false;
    }
    isFirstFile = false;
  }
}

async function* matching(
  rows: AsyncIterable<Row>,
  columns: readonly string[],
  where: Condition | undefined,
): AsyncGenerator<Row> {
  const index = where === undefined ? 0 : columnIndex(columns, where.column);
  for await (const row of rows) if (where === undefined || row[index] === where.value) yield row;
}

function columnIndex(columns: readonly string[], wanted: string): number {
  const index = columns.indexOf(wanted);
  if (index >= 0) return index;
  const similar = nearest(wanted, columns);
  throw new StageError(
    "usage",
    `there is no column ${wanted}${similar === undefined ? "" : `; did you mean ${similar}?`}`,
    `the columns are ${columns.join(", ")}`,
  );
}

async function* limited(rows: AsyncIterable<Row>, limit: number): AsyncGenerator<Row> {
  let left = limit;
  for await (const row of rows) {
    yield row;
    left -= 1;
    // Before the next row is asked for: it may lie in another part, which would have to be proved first.
    if (left === 0) return;
  }
}
