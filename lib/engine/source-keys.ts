import { sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";

/** What became of the rows of a parent: their source `key`, the `target` key they are found under, and else the `rule`. */
export type ParentLines = Sql;

/**
 * Makes the table of source keys, one line each: what it was translated to, or the rule that kept it out, or that its
 * rows have different target keys. Few keys repeat: only these are grouped, the others pass through.
 */
export function makeSourceKeys(table: Sql, lines: ParentLines, temporary: boolean): readonly Sql[] {
  return [
    sql`CREATE OR REPLACE ${temporary ? sql`TEMP TABLE` : sql`TABLE`} ${table} AS SELECT DISTINCT key AS "~key", target AS "~target",
      CASE WHEN target IS NULL THEN rule END AS "~rule", false AS "~ambiguous" FROM (${lines}) WHERE key IS NOT NULL`,
    sql`CREATE OR REPLACE TEMP TABLE repeated AS SELECT "~key" AS key, count(DISTINCT "~target") AS targets, min("~target") AS target,
      min("~rule") AS rule FROM ${table} WHERE "~key" IN (SELECT "~key" FROM ${table} GROUP BY "~key" HAVING count(*) > 1) GROUP BY ALL`,
    sql`DELETE FROM ${table} WHERE "~key" IN (SELECT key FROM repeated)`,
    sql`INSERT INTO ${table} SELECT key, CASE WHEN targets = 1 THEN target END, CASE WHEN targets = 0 THEN rule END, targets > 1 FROM repeated`,
  ];
}
