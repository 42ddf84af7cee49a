import { ringOf } from "../mapping/choose-tables.js";
import type { Migration } from "../mapping/migration.js";
import type { EngineConnection } from "./duckdb.js";
import { loadParent } from "./load-parents.js";
import { extractParts, firstPassOver, type PlannedPart } from "./map-part.js";
import type { TableInputs, TransformInputs } from "./mapping-inputs.js";
import { planMapping, type TablePlans } from "./plan-mapping.js";
import { prepareEngine, type Surroundings } from "./prepare-engine.js";
import { loadWritten } from "./written-before.js";

/** The parts of a table, of all its extracts, numbered through. */
export type TableParts = readonly PlannedPart[];

/** A table with those that are settled together with it: the plans of each, in the order of `inputs.ring`. */
export interface RingToMap {
  readonly ring: readonly TablePlans[];
  readonly inputs: Pick<TransformInputs, "ring" | "written">;
  /** What the engine reads of each: the extracts' parts, or what steps made of them. */
  readonly parts: readonly TableParts[];
}

/** How a table is mapped from what lies there. Throws "specification" where it names a column that its extract lacks. */
export function planTable(migration: Migration, { table, extracts }: TableInputs): TablePlans {
  return planMapping({ migrationId: migration.id, table, extracts, ring: ringOf(migration, table) });
}

/** Makes ready what the tables of a ring need; where one needs another, or a part another, settles that. */
export async function prepareRing(
  surroundings: Surroundings,
  connection: EngineConnection,
  { ring, inputs, parts }: RingToMap,
): Promise<void> {
  // Lookups, functions and parents are those of the table: the plans of all its extracts name the same.
  const plans = ring.map(([plan]) => plan);
  const compiled = plans.map((plan) => plan.compiled);
  await prepareEngine(connection, compiled, surroundings);
  for (const [index, plan] of plans.entries()) {
    const table = inputs.ring[index];
    for (const link of plan.parents) {
      const parent = table?.parents.get(link.relationship.parent);
      if (parent !== undefined) await loadParent(connection, link, parent);
    }
  }
  // Only a table that stands alone is replayed.
  const [own] = plans;
  if (own?.isReplay === true) await loadWritten(connection, own, inputs.written);
  await firstPassOver(connection, parts);
}

/** The parts of a table's extracts, in the order of the extracts. */
export function partsOf(plans: TablePlans): TableParts {
  return plans.flatMap(extractParts).map((part, index) => ({ ...part, index }));
}
