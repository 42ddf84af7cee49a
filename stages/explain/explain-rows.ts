import { join } from "node:path";
import { readInputs } from "../../lib/engine/mapping-inputs.js";
import type { MappingPlan } from "../../lib/engine/plan-mapping.js";
import { planTable } from "../../lib/engine/prepare-ring.js";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { privateColumns } from "../../lib/mapping/private-columns.js";
import { keyValues, parseKey } from "../../lib/mapping/unit-key.js";
import { commandLine } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { type RowStory, tellRow } from "../../lib/story/row-story.js";
import { mapRows } from "./map-rows.js";
import type { ExplainOptions } from "./options.js";

interface Subject {
  readonly migration: Migration;
  readonly table: Table;
  readonly key: string;
}

/** What happens to the rows with a key, step by step, as the files of the work directory have them. */
export async function explainRows(
  options: ExplainOptions,
  context: Context,
  { migration, table, key }: Subject,
): Promise<readonly RowStory[]> {
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const command = (stage: string, subject: string, more?: string): string =>
    commandLine(options, [stage, subject, more]);
  const place = { migration, work, parents: work, replay: undefined, command, context };
  // Extracts of different snapshots are transform's to refuse: here nothing is made of them.
  const inputs = await readInputs(place, table, true);
  const ring = inputs.ring.map((one) => planTable(migration, one));
  const plans = ring.find(([plan]) => plan.table.name === table.name);
  if (plans === undefined) throw new Error(`${table.name} is not of its own ring`);
  const keyOf = (plan: MappingPlan) => keyValues(parseKey(key), plan.extract, plan.key);
  const rows = await mapRows(place, { plans, ring, inputs, keyOf });
  const none = { source: new Set<string>(), target: new Set<string>() };
  return rows.map((row) => {
    const { table: mapped, sourceColumns } = row.plan;
    return tellRow(row, options.showPii ? none : privateColumns(mapped, sourceColumns));
  });
}
