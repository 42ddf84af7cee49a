import { ringOf } from "../mapping/choose-tables.js";
import { compileTable } from "../mapping/compile-table.js";
import type { Migration } from "../mapping/migration.js";
import { filesOf } from "../model/manifest.js";
import type { EngineConnection } from "./duckdb.js";
import { loadParent } from "./load-parents.js";
import { addToFirstPass, type PartToMap, settleFirstPass } from "./map-part.js";
import type { TableInputs, TransformInputs } from "./mapping-inputs.js";
import { type MappingPlan, planMapping, sourceColumnsOf } from "./plan-mapping.js";
import { prepareEngine, type Surroundings } from "./prepare-engine.js";

/** The parts of several tables, by the table's name. */
export type PartsByTable = ReadonlyMap<string, readonly PartToMap[]>;

/** A table with those that are settled together with it: a plan for each, in the order of `inputs.ring`. */
export interface RingToMap {
  readonly plans: readonly MappingPlan[];
  readonly inputs: Pick<TransformInputs, "ring">;
  /** What the engine reads of each: the extract's parts, or what steps made of them. */
  readonly parts: PartsByTable;
}

/** How a table is mapped from what lies there. Throws "specification" where it names a column that its extract lacks. */
export function planTable(migration: Migration, { table, extract }: TableInputs): MappingPlan {
  const compiled = compileTable(migration.id, table, sourceColumnsOf(extract));
  return planMapping({ table, compiled, manifest: extract, ring: ringOf(migration, table) });
}

/** Makes ready what the tables of a ring need; where one needs another, or a part another, settles that. */
export async function prepareRing(
  surroundings: Surroundings,
  connection: EngineConnection,
  { plans, inputs, parts }: RingToMap,
): Promise<void> {
  const functions = new Map(plans.flatMap(({ compiled }) => compiled.functions).map((one) => [one.name, one]));
  await prepareEngine(
    connection,
    {
      lookups: plans.flatMap(({ compiled }) => compiled.lookups),
      patterns: plans.flatMap(({ compiled }) => compiled.patterns),
      functions: [...functions.values()],
    },
    surroundings,
  );
  for (const [index, plan] of plans.entries()) {
    const table = inputs.ring[index];
    for (const link of plan.parents) {
      const parent = table?.parents.get(link.relationship.parent);
      if (parent !== undefined) await loadParent(connection, link, parent);
    }
    if (plan.needsFirstPass)
      for (const part of parts.get(plan.table.name) ?? []) await addToFirstPass(connection, plan, part);
  }
  if (plans.some(({ needsFirstPass }) => needsFirstPass)) await settleFirstPass(connection, plans);
}

/** The parts of a table's extract, in their order. */
export function partsOf({ folder, extract }: TableInputs): readonly PartToMap[] {
  return filesOf(extract, "part").map((part, index) => ({ folder, part, index }));
}
