import { makeMapped } from "../../lib/engine/mapped-sql.js";
import { type ExtractInput, type MappingPlan, planMapping } from "../../lib/engine/plan-mapping.js";
import { ringOf } from "../../lib/mapping/choose-tables.js";
import { formatSql } from "../../lib/mapping/format-sql.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { filesOf } from "../../lib/model/manifest.js";

/**
 * The statements that map a part of each of a table's extracts, laid out for people; what they join is named in comments
 * above them.
 */
export function mappingSql(migration: Migration, table: Table, extracts: readonly ExtractInput[]): readonly string[] {
  const plans = planMapping({ migrationId: migration.id, table, extracts, ring: ringOf(migration, table) });
  return plans.flatMap((plan, index) => [...(index === 0 ? [] : [""]), ...extractSql(plan)]);
}

function extractSql(plan: MappingPlan): readonly string[] {
  const { table, compiled, extract, input } = plan;
  const [first, ...others] = filesOf(input.manifest, "part");
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : `; the same for ${others.length} more`;
  return [
    `-- ${table.name} from ${extract}, ${first.path}${more}`,
    ...compiled.lookups.map(({ name, file, columns }) => `-- "${name}" holds ${columns.join(", ")} of ${file}`),
    ...compiled.functions.map(({ name }) => `-- "${name}" is a function of Waybill's own`),
    ...formatSql(makeMapped(plan, input.folder, first)).split("\n"),
  ];
}
