import { literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { finalValue, type MappingPlan, type ParentLink } from "./plan-mapping.js";

/**
 * Settles the references of `mapped` to parents in other tables: a child of a deduplicated row follows the winner; one
 * without a parent is marked as an orphan, or loses the reference, as the relationship says.
 */
export function followParents(plan: MappingPlan): readonly Sql[] {
  return plan.parents.flatMap((link) => (link.keys === undefined ? [] : followParent(plan, link, link.keys)));
}

// First the keys that this part refers to, at most as many as it has rows: they alone are held while rows are compared,
// not the keys of a parent of any size.
function followParent(plan: MappingPlan, link: ParentLink, keys: Sql): readonly Sql[] {
  const value = finalValue(plan, link.column);
  return [
    sql`CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM ${keys} WHERE "~key" IN (SELECT ${value} FROM mapped)`,
    ...loseParent(link, value),
    sql`UPDATE mapped SET ${value} = found."~winner" FROM found WHERE found."~key" = mapped.${value} AND found."~winner" IS NOT NULL`,
  ];
}

function loseParent({ relationship }: ParentLink, value: Sql): readonly Sql[] {
  if (relationship.otherwise === "keep") return [];
  const { column, parent, rule } = relationship;
  const gone = sql`${literal(`${column}: its parent in ${parent} was not written (`)} || found."~rule" || ')'`;
  const reason = sql`coalesce(${gone}, ${literal(`${column}: it has no parent in ${parent}`)})`;
  const lost = sql`(SELECT m."~row" AS row, ${reason} AS reason FROM mapped AS m LEFT JOIN found ON found."~key" = m.${value}
    WHERE m.${value} IS NOT NULL AND NOT coalesce(found."~written" OR found."~winner" IS NOT NULL, false)) AS lost`;
  const here = sql`FROM ${lost} WHERE mapped."~row" = lost.row`;
  if (relationship.otherwise === "null") return [sql`UPDATE mapped SET ${value} = NULL ${here}`];
  return [
    sql`UPDATE mapped SET "~orphan_rule" = ${literal(rule)}, "~orphan_reason" = lost.reason ${here} AND mapped."~orphan_rule" IS NULL`,
  ];
}
