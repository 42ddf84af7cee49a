import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type CheckedTable,
  type Comparison,
  differenceColumns,
  type Reference,
} from "../../lib/databases/checks-port.js";
import type { CopyOut } from "../../lib/databases/port.js";
import { readRows } from "../../lib/files/csv-rows.js";
import { PartWriter } from "../../lib/files/part-writer.js";
import { finishPart } from "../../lib/files/plain-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import { holdsPrivate } from "../../lib/mapping/private-columns.js";
import { encodeRow } from "../../lib/model/csv-dialect.js";
import { veiled } from "../../lib/model/hash.js";
import type { Resource } from "../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../lib/model/resource.js";
import type { DifferenceLine } from "./compare-report.js";

/** The file of a table's differences: always there, with a header only when there are none. */
export const differencesPath = "differences.csv.gz";

/** More lines help nobody; the counts are complete. */
const lineLimit = 10_000;

/** What the file lists, in this order: rows that differ, rows whose parent is not there, figures of reports. */
export interface Found {
  readonly comparisons: readonly Comparison[];
  readonly orphaned: readonly Reference[];
  readonly reports: readonly DifferenceLine[];
}

/** Writes the lines of all that was found, those of the target straight into the file. */
export async function writeDifferences(
  folder: string,
  checked: CheckedTable,
  { comparisons, orphaned, reports }: Found,
): Promise<Resource> {
  const writer = await PartWriter.create(join(folder, differencesPath), { columns: differenceColumns });
  try {
    let room = lineLimit;
    const take = async (copy: CopyOut) => {
      await pipeline(copy.rows, writer, { end: false });
      room -= await copy.serverRowCount();
    };
    for (const comparison of comparisons)
      if (differingRows(comparison) > 0) await take(checked.differences(comparison, room));
    if (checked.orphans !== undefined)
      for (const reference of orphaned) await take(await checked.orphans(reference, room));
    await pipeline(Readable.from(reports.slice(0, room).map(encodeRow), { objectMode: false }), writer, { end: false });
    const fields = differenceColumns.map((name) => fieldOf({ name, type: "string" }));
    return resourceOf(await finishPart(writer), { path: differencesPath, role: "differences", fields });
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Rows that are missing, extra or changed. */
export function differingRows({ missing, extra, changed }: Comparison): number {
  return missing + extra + changed;
}

/** The first few differences without their values, as somebody is told: `42 (name, phone)`, `7 (missing)`. */
export async function firstDifferences(
  folder: string,
  table: Table,
  pairedBy: readonly string[],
): Promise<readonly string[]> {
  const shown = shownKeys(table, pairedBy);
  const found = new Map<string, Set<string>>();
  for await (const [kind, key, column] of withoutHeader(join(folder, differencesPath))) {
    // The key of a report's line is a value of the report.
    const name = kind?.startsWith("report: ") ? veiled(key ?? "") : shown(key ?? "");
    if (!found.has(name) && found.size === shownCount) break;
    // A row of the sample that differs usually stands among the rows of the parts already.
    found.set(name, (found.get(name) ?? new Set()).add(column ?? kind?.replace("sample: ", "") ?? ""));
  }
  return [...found].map(([key, columns]) => `${key} (${[...columns].join(", ")})`);
}

const shownCount = 5;

async function* withoutHeader(path: string): AsyncGenerator<readonly (string | null)[]> {
  let isHeader = true;
  for await (const row of readRows(path)) {
    if (!isHeader) yield row;
    isHeader = false;
  }
}

// Keys are names, unless the specification says that they are personal data, or the whole row is the key.
function shownKeys(table: Table, pairedBy: readonly string[]): (key: string) => string {
  return pairedBy.length > 0 && !holdsPrivate(table, pairedBy) ? (key) => key : veiled;
}
