import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Checks, Comparison } from "../../../lib/databases/checks-port.js";
import { type Checksum, checksumOfRow } from "../../../lib/model/checksum.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import type { Resource } from "../../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import type { Level } from "../../../lib/program/level.js";
import { type Compared, compareTable, type TableToCompare } from "../../../stages/validate/compare-table.js";
import { writeRows } from "../../lib/files/written-part.js";

/** Values of a row as they stand in a file. */
export type Row = readonly (string | null)[];

/** The rows of the table `people`, and the files that hold them. */
export interface People {
  readonly names: readonly string[];
  readonly rows: readonly Row[];
  readonly parts: readonly { readonly name: string; readonly folder: string; readonly file: Resource }[];
}

/** Writes the rows of `people` into two files. */
export async function writePeople(folder: string, names: readonly string[], rows: readonly Row[]): Promise<People> {
  const partOf = async (path: string, its: readonly Row[]) => {
    const file = await writeRows(join(folder, path), its);
    const fields = names.map((name) => fieldOf({ name, type: "string" }));
    return { name: path, folder, file: resourceOf(file, { path, role: "part", fields }) };
  };
  return {
    names,
    rows,
    parts: [await partOf("part-00000.csv.gz", rows.slice(0, 250)), await partOf("part-00001.csv.gz", rows.slice(250))],
  };
}

/** What was found, and the lines of the differences. */
export interface Outcome {
  readonly compared: Compared;
  readonly lines: string;
}

/** How the table is to be compared with the files. */
export interface Asked {
  readonly level: Level;
  readonly allRows?: boolean;
  readonly key?: readonly string[];
  /** The numbers of rows that load put aside, by part. */
  readonly without?: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Compares the table `people` of a target with its files, as validate does. */
export function comparePeople(
  checks: Checks,
  { names, rows, parts }: People,
  { level, key, allRows = true, without = new Map() }: Asked,
): Promise<Outcome> {
  const numbers = [...without.values()].reduce((sum, some) => sum + some.size, 0);
  const csv = rows.filter((_, index) => !without.get("part-00000.csv.gz")?.has(index + 1));
  const loaded = {
    name: "all",
    hash: "",
    rowCount: rows.length - numbers,
    open: () => Readable.from([csv.map(encodeRow).join("")], { objectMode: false }),
  };
  const request = { table: "people", columns: names, key, allRows, parts: [loaded] };
  return checks.checkTable(request, async (checked) => {
    const inputs = { table: { name: "people" }, parts, replays: [], ...stated(null) };
    const compared = await compareTable({
      checked,
      inputs: inputs as unknown as TableToCompare["inputs"],
      quarantined: { numbers: without, values: new Set() },
      beside: Promise.resolve(),
      level,
    });
    return { compared, lines: await text(checked.differences(compared, 100).rows) };
  });
}

/**
 * Compares some columns of `people` with files that hold these rows, by the checksum that a manifest states of them. Whoever
 * waits for other work on files to end, to read them all, waits for ever.
 */
export function compareStated(checks: Checks, names: readonly string[], rows: readonly Row[]): Promise<Compared> {
  const open = () => Readable.from([rows.map(encodeRow).join("")], { objectMode: false });
  const parts = [{ name: "all", hash: "", rowCount: rows.length, open }];
  const inputs = { table: { name: "people" }, parts: [], replays: [], ...stated(checksumOf(rows)) };
  return checks.checkTable({ table: "people", columns: names, key: undefined, allRows: true, parts }, (checked) =>
    compareTable({
      checked,
      inputs: inputs as unknown as TableToCompare["inputs"],
      quarantined: { numbers: new Map(), values: new Set() },
      level: "buckets",
      beside: new Promise(() => {}),
    }),
  );
}

/** What the manifest of a transform states. */
const stated = (checksum: Checksum | null) => ({ transform: { _waybill: { checksum } } });

/** The checksum that a manifest states of these rows. */
function checksumOf(rows: readonly Row[]): Checksum {
  const sum = rows.map((row) => checksumOfRow(row)).reduce((total, md5) => total + BigInt(`0x${md5}`), 0n);
  return { count: rows.length, sum: BigInt.asUintN(128, sum).toString(16).padStart(32, "0") };
}

/** What was found, however it was. */
export function numbersOf({ compared }: Outcome): Comparison {
  const { level: _, why: __, ...numbers } = compared;
  return numbers;
}
