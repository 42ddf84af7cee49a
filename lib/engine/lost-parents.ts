import type { Relationship } from "../mapping/migration.js";
import { literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";

// Why a row has no parent, in words without a value of the data.

/** Why a parent's target key is not there; `rule` is the rule that kept the parent out, NULL where there is none. */
export function lostReason({ column, parent }: Relationship, rule: Sql): Sql {
  const gone = sql`${literal(`${column}: its parent in ${parent} was not written (`)} || ${rule} || ')'`;
  return sql`coalesce(${gone}, ${literal(`${column}: it has no parent in ${parent}`)})`;
}

/** Why a source key has no target key, given the row `found` of a table of source keys, or NULL where there is none. */
export function untranslatedReason(relationship: Relationship, found: Sql): Sql {
  const { column, parent, parentColumn } = relationship;
  return sql`CASE
    WHEN ${found}."~ambiguous" THEN ${literal(`${column}: several rows of ${parent} have this key, and not the same ${parentColumn}`)}
    WHEN ${found}."~key" IS NOT NULL AND ${found}."~rule" IS NULL THEN ${literal(`${column}: its parent in ${parent} has no ${parentColumn}`)}
    ELSE ${lostReason(relationship, sql`${found}."~rule"`)} END`;
}
