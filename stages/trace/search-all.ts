import type { Engine, EngineConnection } from "../../lib/engine/duckdb.js";
import { literal } from "../../lib/mapping/sql.js";
import { type FoundRow, findRows } from "./search.js";
import type { Transformed } from "./transforms.js";
import type { WantedKey } from "./wanted-key.js";

/** So many parts are searched at once. */
const connectionCount = 2;

/** The rows that a key names in any transform of a table, each with what the others made of it. The files must have been proved. */
export async function findEverywhere(
  engine: Engine,
  transforms: readonly Transformed[],
  wanted: WantedKey,
): Promise<readonly FoundRow[]> {
  const connections: EngineConnection[] = [];
  while (connections.length < connectionCount) connections.push(await engine.connect());
  const found: FoundRow[] = [];
  for (const of of transforms) found.push(...(await findRows(connections, of, wanted)));
  if (transforms.length === 1) return found;
  // A corrected row may have another target key than before, or the first one it ever had.
  for (const row of distinctRows(found)) {
    for (const of of transforms.filter((one) => !found.some((other) => other.of === one && isSame(other, row)))) {
      const rows = await findRows(connections, of, bySource(wanted, row));
      found.push(...rows.filter((one) => isSame(one, row)).map((one) => ({ ...one, matched: [] })));
    }
  }
  return found;
}

function bySource(wanted: WantedKey, { extract, key }: FoundRow): WantedKey {
  return { ...wanted, source: new Map([[extract, literal(key)]]), target: undefined };
}

function distinctRows(rows: readonly FoundRow[]): readonly FoundRow[] {
  return rows.filter((row, index) => rows.findIndex((other) => isSame(other, row)) === index);
}

function isSame(one: FoundRow, other: FoundRow): boolean {
  return one.extract === other.extract && one.key === other.key && one.occurrence === other.occurrence;
}
