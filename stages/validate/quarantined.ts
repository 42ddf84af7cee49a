import { join } from "node:path";
import { Readable } from "node:stream";
import { withoutRows } from "../../lib/databases/fewer-rows.js";
import { quarantineColumns } from "../../lib/databases/rejects-port.js";
import type { PartToLoad } from "../../lib/databases/target-port.js";
import { readBody, rowsOf } from "../../lib/files/csv-rows.js";
import { openPart } from "../../lib/files/part-reader.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { filesOf } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import type { Check } from "./check.js";
import type { ValidateInputs } from "./inputs.js";

/** The rows that load put aside: where they stand in the parts, and what they hold. */
export interface Quarantined {
  readonly numbers: ReadonlyMap<string, ReadonlySet<number>>;
  readonly values: ReadonlySet<string>;
}

/** Reads which rows load put aside, from files that were verified. */
export async function readQuarantined(run: Run, { load, table }: ValidateInputs): Promise<Quarantined> {
  const numbers = new Map<string, Set<number>>();
  const values = new Set<string>();
  for (const file of filesOf(load, "rejects"))
    for await (const row of readBody(join(run.work.stageFolder("load", table.name), file.path))) {
      const [part, number] = row;
      const rows = numbers.get(part ?? "") ?? new Set();
      numbers.set(part ?? "", rows.add(Number(number)));
      values.add(nameOf(row.slice(quarantineColumns.length)));
    }
  return { numbers, values };
}

const nameOf = (values: readonly CsvValue[]): string => JSON.stringify(values);

/** The parts as the target must hold them: without the rows that load put aside. */
export function expectedParts(
  run: Run,
  { table, parts }: ValidateInputs,
  { numbers }: Quarantined,
): readonly PartToLoad[] {
  const command = run.command("transform", table.name, "--force");
  const whole = parts.map(({ name, folder, file }) => ({
    name,
    hash: file._contentHash,
    rowCount: file._rowCount,
    open: () => openPart(folder, file, command),
  }));
  return withoutRows(whole, numbers);
}

/** A sample without the rows that load put aside; these are known by their values, since it was mapped anew. */
export async function expectedSample(part: PartToLoad, { values }: Quarantined): Promise<PartToLoad> {
  if (values.size === 0) return part;
  const rows: string[] = [];
  for await (const row of rowsOf(await part.open())) if (!values.has(nameOf(row))) rows.push(encodeRow(row));
  return { ...part, rowCount: rows.length, open: () => Readable.from(rows, { objectMode: false }) };
}

/** The check that every row arrived. Rows put aside are no failure: the specification allowed it, and there they are. */
export function quarantineCheck(run: Run, { table }: ValidateInputs, count: number): readonly Check[] {
  if (count === 0) return [];
  const note = `they lie in load/${table.name}/rejects.csv.gz: ${run.command("inspect", table.name, "--quarantined")}`;
  return [{ name: "rows quarantined by the target", expected: 0, actual: count, verdict: "warned", note }];
}
