import type { EngineConnection } from "../engine/duckdb.js";
import type { PlannedPart } from "../engine/map-part.js";
import { finalValue, type MappingPlan, valueAfter } from "../engine/plan-mapping.js";
import { keyText, readCsv } from "../engine/read-csv.js";
import { identifier, join, sql } from "../mapping/sql.js";
import { stepColumns } from "../mapping/steps.js";
import type { Sql } from "../model/names.js";

type Value = string | null;
type NamedValue = readonly [name: string, value: Sql];

/** A row's values by the names of `rowValues`, and those that steps made under the names of `stepValueName`. */
export type RowValues = ReadonlyMap<string, Value>;

/** The values of a row of `mapped` under names that say what they are: asked of the engine, and read from its answer. */
export function rowValues(plan: MappingPlan): readonly NamedValue[] {
  return [
    ["row", sql`"~row"`],
    ["key", keyText(plan.key)],
    ["occurrence", sql`"~occurrence"`],
    ["disposition", sql`"~disposition"`],
    ["rule", sql`"~rule"`],
    ["reason", sql`"~reason"`],
    ["winnerExtract", sql`"~winner_extract"`],
    ["winner", sql`"~winner_key"`],
    ["winnerOccurrence", sql`"~winner_occurrence"`],
    ...plan.sourceColumns.map(({ name }): NamedValue => [`source.${name}`, identifier(name)]),
    ...plan.compiled.columns.flatMap((_, column) => columnValues(plan, column)),
  ];
}

/** The name of a value that a custom step made, by the column it stands in. */
export function stepValueName(column: string): string {
  return `step.${column}`;
}

/** The name of what a column is in the end. */
export function finalValueName(column: number): string {
  return `final.${column}`;
}

function columnValues(plan: MappingPlan, column: number): readonly NamedValue[] {
  const { start, steps = [] } = plan.compiled.columns[column] ?? {};
  const places = start === undefined ? [] : Array.from({ length: steps.length + 1 }, (_, step) => step);
  return [
    ...places.map((step): NamedValue => [`${column}.${step}`, valueAfter(plan, column, step)]),
    ...steps.flatMap(({ flag }, step): readonly NamedValue[] =>
      flag === undefined ? [] : [[`flag.${column}.${step}`, identifier(`~flag.${column}.${step}`)]],
    ),
    [finalValueName(column), finalValue(plan, column)],
  ];
}

/** Those rows of `mapped` for which a condition holds, in source order; all of them without one. */
export function selectRows(plan: MappingPlan, condition?: Sql): Sql {
  const values = rowValues(plan).map(([, value]) => value);
  const where = condition === undefined ? sql`` : sql`WHERE ${condition}`;
  return sql`SELECT ${join(values, ", ")} FROM mapped ${where} ORDER BY "~row"`;
}

/** A row that `selectRows` gave, its values by their names. */
export function namedValues(plan: MappingPlan, row: readonly Value[]): RowValues {
  return new Map(rowValues(plan).map(([name], index) => [name, row[index] ?? null]));
}

/**
 * Of each row of a part for which a condition holds, what custom steps made, under the names of `stepValueName`; by the
 * row's place in the part.
 */
export async function madeBySteps(
  connection: EngineConnection,
  { plan, folder, part }: PlannedPart,
  condition?: Sql,
): Promise<ReadonlyMap<string, RowValues>> {
  const names = stepColumns(plan.table);
  if (names.length === 0) return new Map();
  const where = condition === undefined ? sql`` : sql`WHERE ${condition}`;
  const rows = await connection.rows(sql`SELECT "~row", ${join(names.map(identifier), ", ")}
    FROM (SELECT row_number() OVER () - 1 AS "~row", * FROM ${readCsv(folder, [part])}) ${where}`);
  const named = (values: readonly Value[]): RowValues =>
    new Map(names.map((name, index) => [stepValueName(name), values[index] ?? null]));
  return new Map(rows.map(([row, ...values]) => [row ?? "", named(values)]));
}
