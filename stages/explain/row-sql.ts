import { finalValue, type MappingPlan, valueAfter } from "../../lib/engine/plan-mapping.js";
import { keyText, number } from "../../lib/engine/read-csv.js";
import { ownPart } from "../../lib/engine/settle-sql.js";
import { identifier, join, literal, sql } from "../../lib/mapping/sql.js";
import type { Sql } from "../../lib/model/names.js";

type NamedValue = readonly [name: string, value: Sql];

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

function columnValues(plan: MappingPlan, column: number): readonly NamedValue[] {
  const { start, steps = [] } = plan.compiled.columns[column] ?? {};
  const places = start === undefined ? [] : Array.from({ length: steps.length + 1 }, (_, step) => step);
  return [
    ...places.map((step): NamedValue => [`${column}.${step}`, valueAfter(plan, column, step)]),
    ...steps.flatMap(({ flag }, step): readonly NamedValue[] =>
      flag === undefined ? [] : [[`flag.${column}.${step}`, identifier(`~flag.${column}.${step}`)]],
    ),
    [`final.${column}`, finalValue(plan, column)],
  ];
}

/** Rows with this key, whatever relation they stand in. */
export function withKey(values: Readonly<Record<string, string>>): Sql {
  return join(
    Object.entries(values).map(([name, value]) => sql`${identifier(name)} = ${literal(value)}`),
    " AND ",
  );
}

/** The mapped rows with this key, in source order. */
export function selectRows(plan: MappingPlan, key: Readonly<Record<string, string>>): Sql {
  const values = rowValues(plan).map(([, value]) => value);
  return sql`SELECT ${join(values, ", ")} FROM mapped WHERE ${withKey(key)} ORDER BY "~row"`;
}

/** What steps made of the rows with this key: their place in the part, then the columns named. */
export function selectMade(part: Sql, names: readonly string[], key: Readonly<Record<string, string>>): Sql {
  return sql`SELECT "~row", ${join(names.map(identifier), ", ")} FROM (SELECT row_number() OVER () - 1 AS "~row", * FROM ${part})
    WHERE ${withKey(key)} ORDER BY "~row"`;
}

/** Extract, key and occurrence of the duplicates that lost to a row of a part. */
export function selectLosers(plan: MappingPlan, part: number, row: string): Sql {
  const { settled, candidates } = plan.needsFirstPass ? plan.firstPass : ownPart;
  return sql`SELECT c.extract, c.key, c.occurrence FROM ${settled} AS s JOIN ${candidates} AS c ON c.part = s.part AND c.row = s.row
    WHERE s.winner_part = ${number(part)} AND s.winner_row = ${literal(row)}::BIGINT ORDER BY c.part, c.row`;
}
