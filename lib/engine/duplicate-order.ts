import type { SourceColumn } from "../mapping/compiled.js";
import type { SortColumn } from "../mapping/migration.js";
import { identifier, join, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { type MappingPlan, mappingValue, stepValue } from "./plan-mapping.js";

/** One thing duplicates are sorted by: NULL comes last in either direction. */
export interface SortTerm {
  readonly value: Sql;
  readonly descending: boolean;
}

/** What decides between duplicates, first things first, over the extract's columns: the row that sorts first is kept. */
export function sortTerms(plan: MappingPlan): readonly SortTerm[] {
  const { dedupe } = plan.table;
  if (dedupe === undefined) return [];
  const complete = dedupe.keep === "most_complete" ? [{ value: filledColumns(plan), descending: true }] : [];
  return [...complete, ...[...dedupe.order, ...dedupe.tieBreak].flatMap((column) => termsOf(plan, column))];
}

/** `last` without an order means the order of the files, which is that of the source. */
export function isBySourceOrder(plan: MappingPlan): boolean {
  return plan.table.dedupe?.keep === "last" && plan.table.dedupe.order.length === 0;
}

function filledColumns({ sourceColumns }: MappingPlan): Sql {
  const filled = sourceColumns.map(
    ({ name }) => sql`CAST(coalesce(${identifier(name)}, '') <> ${literal("")} AS INTEGER)`,
  );
  return sql`(${join(filled, " + ")})`;
}

function termsOf(plan: MappingPlan, { column: name, descending }: SortColumn): readonly SortTerm[] {
  // What a step makes is text, whatever the column was that it replaces.
  const isMade = stepValue(plan, name) !== undefined;
  const column = isMade ? undefined : plan.sourceColumns.find((one) => one.name === name);
  return sortedBy(column, mappingValue(plan, name)).map((value) => ({ value, descending }));
}

// Numbers by value; dates and times are ISO text in one zone, which sorts as they do, infinities included.
function sortedBy(column: SourceColumn | undefined, value: Sql): readonly Sql[] {
  if (column?.type === "integer") return [sql`TRY_CAST(${value} AS HUGEINT)`];
  if (column?.type !== "number") return [value];
  const approximate = sql`TRY_CAST(${value} AS DOUBLE)`;
  if (/^(real|double|float)/.test(column.databaseType)) return [approximate];
  // A double tells most numbers apart, NaN and the infinities included; the digits it cannot hold decide after it.
  const fraction = sql`regexp_replace(${value}, '^(-?)[0-9]*', '\\10')`;
  return [
    approximate,
    sql`TRY_CAST(split_part(${value}, '.', 1) AS BIGNUM)`,
    sql`TRY_CAST(${fraction} AS DECIMAL(38, 37))`,
  ];
}
