import type { Target } from "../../lib/databases/target-port.js";
import { beginsWith, freeBytes } from "../../lib/files/free-space.js";
import { StageError } from "../../lib/model/errors.js";
import type { LoadPlan } from "./plan.js";

/** A table, and how many bytes its new rows take at the least. */
export interface Bulk {
  readonly table: string;
  readonly bytes: number;
}

/**
 * What a plan's rows take at the least: 28 bytes each before the first value, and as many as their gzipped text, since a
 * uuid or a timestamp is kept in a third of its text. Indexes and the server's log come on top, and are no reason to refuse.
 */
export function bulkOf({ table, rowCount, parts }: LoadPlan): Bulk {
  return { table: table.name, bytes: rowCount * 28 + parts.reduce((sum, { file }) => sum + file.bytes, 0) };
}

/**
 * Refuses ("disk") what clearly does not fit where the server keeps its tables. Gives the tables of which that cannot be
 * known: on another machine, or out of sight.
 */
export async function assertRoom(target: Pick<Target, "storage">, bulks: readonly Bulk[]): Promise<readonly string[]> {
  const needed = new Map<string, number>();
  const seen = new Set<string>();
  for (const { table, folder, proof } of await target.storage(bulks.map((bulk) => bulk.table))) {
    if (!(await beginsWith(proof.path, proof.begins))) continue;
    seen.add(table);
    const bytes = bulks.find((bulk) => bulk.table === table)?.bytes ?? 0;
    needed.set(folder, (needed.get(folder) ?? 0) + bytes);
  }
  const problems: string[] = [];
  for (const [folder, bytes] of needed) {
    const free = await freeBytes(folder);
    if (free !== undefined && free < bytes)
      problems.push(`the rows need at least ${megabytes(bytes)} MB in ${folder}, and ${megabytes(free)} MB are free`);
  }
  if (problems.length === 0) return bulks.map(({ table }) => table).filter((table) => !seen.has(table));
  const hint = "make room on the database server, then run the same command again; nothing was loaded";
  throw new StageError("disk", problems.join("\n"), hint);
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
