import type { MappingPlan } from "../../lib/engine/plan-mapping.js";
import { number } from "../../lib/engine/read-csv.js";
import { ownPart } from "../../lib/engine/settle-sql.js";
import { identifier, join, literal, sql } from "../../lib/mapping/sql.js";
import type { Sql } from "../../lib/model/names.js";

/** Rows with this key, whatever relation they stand in. */
export function withKey(values: Readonly<Record<string, string>>): Sql {
  return join(
    Object.entries(values).map(([name, value]) => sql`${identifier(name)} = ${literal(value)}`),
    " AND ",
  );
}

/** Extract, key and occurrence of the duplicates that lost to a row of a part. */
export function selectLosers(plan: MappingPlan, part: number, row: string): Sql {
  const { settled, candidates } = plan.needsFirstPass ? plan.firstPass : ownPart;
  return sql`SELECT c.extract, c.key, c.occurrence FROM ${settled} AS s JOIN ${candidates} AS c ON c.part = s.part AND c.row = s.row
    WHERE s.winner_part = ${number(part)} AND s.winner_row = ${literal(row)}::BIGINT ORDER BY c.part, c.row`;
}
