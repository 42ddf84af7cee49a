import type { CheckedTable, Comparison } from "../../lib/databases/checks-port.js";
import type { PartToLoad } from "../../lib/databases/target-port.js";
import { openBucketedFiles } from "../../lib/engine/bucketed-files.js";
import { rowsOf } from "../../lib/files/csv-rows.js";
import { type BucketSums, bucketOfAll } from "../../lib/model/buckets.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import type { Level } from "../../lib/program/level.js";
import { compareBuckets } from "./compare-buckets.js";
import type { ValidateInputs } from "./inputs.js";
import type { Quarantined } from "./quarantined.js";

/** How the rows of a table were compared, and what was found. */
export interface Compared extends Comparison {
  /** "rows": inside the target, among all rows of the files. "buckets": by checksums, and value by value where these differ. */
  readonly level: "rows" | "buckets";
  /** Why it was not the other way, where that was asked for. */
  readonly why?: string;
}

/** More rows than these are not brought into the target where nobody says how they are to be compared. */
const fewRows = 5_000_000;

/** Rows that a statement can hold. */
const mostGiven = 20_000;

export interface TableToCompare {
  readonly checked: CheckedTable;
  readonly inputs: Pick<ValidateInputs, "parts" | "table" | "replays" | "transform" | "load">;
  readonly quarantined: Quarantined;
  readonly level: Level;
  /** Settles when other work on files is over: only then are these read, so that memory holds one of the two. */
  readonly beside: Promise<unknown>;
}

/** Compares every row of a table. 77 where neither way is open. */
export async function compareTable({ checked, inputs, quarantined, level, beside }: TableToCompare): Promise<Compared> {
  const rowCount = inputs.parts.reduce((sum, { file }) => sum + file._rowCount, 0);
  const wanted = level === "auto" ? chosenLevel(checked, rowCount) : level;
  if (wanted === "rows") return { ...(await checked.compare()), level: "rows" };
  const { buckets = "this database computes no checksums of rows" } = checked;
  if (typeof buckets === "string") return await byRows(checked, inputs, buckets);
  const parts = inputs.parts.map(({ name, folder, file }) => {
    return { folder, file, without: quarantined.numbers.get(name) ?? new Set<number>() };
  });
  let files: Awaited<ReturnType<typeof openBucketedFiles>> | undefined;
  const open = async () => {
    await beside;
    files = await openBucketedFiles(parts, buckets);
    return files;
  };
  // Manifests state sums of MD5.
  const stated = buckets.digest === "md5" ? statedSum({ inputs, quarantined }) : undefined;
  try {
    const found = await compareBuckets({ rowCount, stated, open }, buckets);
    return typeof found === "string" ? await byRows(checked, inputs, found) : { ...found, level: "buckets" };
  } finally {
    files?.close();
  }
}

/** What is to be said of how rows were compared. */
export function howCompared(
  { level, why }: Compared,
  { notOfOneState }: Pick<CheckedTable, "notOfOneState"> = {},
): readonly string[] {
  const seen = notOfOneState === undefined ? [] : [notOfOneState];
  if (level === "buckets") return ["by checksums of all rows, which the target computed", ...seen];
  return [...(why === undefined ? [] : [`compared row by row: ${why}`]), ...seen];
}

/** Why aggregates of both sides are equal where no row of either differs: they need not be brought together once more. */
export function impliedBy({ level }: Compared): string {
  return level === "buckets" ? "it follows: the checksums of all rows are equal" : "it follows: all rows are equal";
}

/** Compares the rows of a sample, where they can be brought in or are few; a text says why neither. */
export async function compareSample(checked: CheckedTable, part: PartToLoad): Promise<Compared | string> {
  const { takesNoRows, compareGiven } = checked;
  if (takesNoRows === undefined) return { ...(await checked.compareSample(part)), level: "rows" };
  if (compareGiven === undefined || part.rowCount > mostGiven) return takesNoRows;
  const rows: (readonly CsvValue[])[] = [];
  for await (const row of rowsOf(await part.open())) rows.push(row);
  return { ...(await compareGiven(rows)), level: "rows" };
}

// Transform summed up the rows that it wrote, load those of replays besides; which of them load put aside neither knew.
function statedSum({ inputs, quarantined }: Pick<TableToCompare, "inputs" | "quarantined">): BucketSums | undefined {
  const { checksum } = (inputs.replays.length === 0 ? inputs.transform : inputs.load)._waybill;
  return checksum === null || quarantined.numbers.size > 0 ? undefined : bucketOfAll(checksum);
}

function chosenLevel({ takesNoRows }: CheckedTable, rowCount: number): Compared["level"] {
  return takesNoRows !== undefined || rowCount > fewRows ? "buckets" : "rows";
}

async function byRows(checked: CheckedTable, { table }: TableToCompare["inputs"], why: string): Promise<Compared> {
  try {
    return { ...(await checked.compare()), level: "rows", why };
  } catch (error) {
    if (!(error instanceof StageError) || error.kind !== "forbidden") throw error;
    const neither = `${table.name}: its rows cannot be compared: not by checksums, ${why}; nor row by row: ${error.message}`;
    throw new StageError(error.kind, neither, error.hint, error);
  }
}
