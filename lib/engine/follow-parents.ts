import { join, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { lostReason, untranslatedReason } from "./lost-parents.js";
import { finalValue, flagOfParent, type MappingPlan, type OutsideParent, type ParentLink } from "./plan-mapping.js";

/**
 * Settles the references of `mapped` to parents in other tables: a source key becomes the target key its row was given,
 * a child of a deduplicated row follows the winner; one without a parent is marked as an orphan, or gets another value,
 * as the relationship says.
 */
export function followParents(plan: MappingPlan): readonly Sql[] {
  return plan.parents.flatMap((link) => {
    const { outside } = link;
    if (outside === undefined) return [];
    const translated = link.relationship.translates === undefined ? [] : translateKeys(plan, link, outside);
    return [...translated, ...followParent(plan, link, outside)];
  });
}

function translateKeys(plan: MappingPlan, link: ParentLink, { sourceKeys }: OutsideParent): readonly Sql[] {
  const value = finalValue(plan, link.column);
  return [
    findKeys(sourceKeys, value),
    miss(value, { reason: untranslatedReason(link.relationship, sql`found`), when: sql`found."~target" IS NULL` }),
    sql`UPDATE mapped SET ${value} = found."~target" FROM found WHERE found."~key" = mapped.${value} AND found."~target" IS NOT NULL`,
    ...loseMissed(plan, link),
  ];
}

function followParent(plan: MappingPlan, link: ParentLink, { keys }: OutsideParent): readonly Sql[] {
  const value = finalValue(plan, link.column);
  const isThere = sql`found."~written" OR found."~winner" IS NOT NULL`;
  return [
    findKeys(keys, value),
    miss(value, {
      reason: lostReason(link.relationship, sql`found."~rule"`),
      when: sql`NOT coalesce(${isThere}, false)`,
    }),
    sql`UPDATE mapped SET ${value} = found."~winner" FROM found WHERE found."~key" = mapped.${value} AND found."~winner" IS NOT NULL`,
    ...loseMissed(plan, link),
  ];
}

// First the keys that this part refers to, at most as many as it has rows: they alone are held while rows are compared,
// not the keys of a parent of any size.
function findKeys(keys: Sql, value: Sql): Sql {
  return sql`CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM ${keys} WHERE "~key" IN (SELECT ${value} FROM mapped)`;
}

function miss(value: Sql, { reason, when }: { readonly reason: Sql; readonly when: Sql }): Sql {
  return sql`CREATE OR REPLACE TEMP TABLE missed AS SELECT m."~row" AS row, ${reason} AS reason
    FROM mapped AS m LEFT JOIN found ON found."~key" = m.${value} WHERE m.${value} IS NOT NULL AND ${when}`;
}

function loseMissed(plan: MappingPlan, link: ParentLink): readonly Sql[] {
  const { otherwise, rule } = link.relationship;
  const here = sql`FROM missed WHERE mapped."~row" = missed.row`;
  switch (otherwise.kind) {
    case "keep":
      return [];
    case "value": {
      const value = sql`${finalValue(plan, link.column)} = ${literal(otherwise.value)}`;
      return [sql`UPDATE mapped SET ${join([value, ...flagged(plan, link, sql`true`)], ", ")} ${here}`];
    }
    case "reject":
      return [
        sql`UPDATE mapped SET "~orphan_rule" = ${literal(rule)}, "~orphan_reason" = missed.reason ${here} AND mapped."~orphan_rule" IS NULL`,
      ];
    default:
      return otherwise satisfies never;
  }
}

/** The assignments that flag a row of `mapped` whose reference got the value of `otherwise`; none where it flags nothing. */
export function flagged(plan: MappingPlan, { relationship, column }: ParentLink, when: Sql): readonly Sql[] {
  if (!relationship.flags) return [];
  const columns = plan.compiled.columns.flatMap(({ start }, index) => (start === undefined ? [index] : []));
  return [
    sql`${flagOfParent(column)} = ${when}`,
    ...columns.map((index) => {
      const value = finalValue(plan, index);
      return sql`${value} = CASE WHEN ${when} THEN 't' ELSE mapped.${value} END`;
    }),
  ];
}
