import { valueName } from "../mapping/migration.js";
import { identifier, join, literal, sql } from "../mapping/sql.js";
import type { Resource } from "../model/manifest.js";
import type { Sql } from "../model/names.js";
import { finalValue, isSourceColumn, isStored, type MappingPlan, valueAfter } from "./plan-mapping.js";
import { keyText, readCsv } from "./read-csv.js";

/**
 * Makes the connection's own table `mapped` from one part: in source order, the source's columns, every column's value
 * after each step, and for rows that a rule keeps out their disposition, rule and reason.
 */
export function makeMapped(plan: MappingPlan, folder: string, part: Resource): Sql {
  const layers = [baseLayer(plan, readCsv(folder, [part])), ...stepLayers(plan), outcomeLayer(plan)];
  const nested = layers.map((layer, index) => sql`${identifier(`layer${index}`)} AS (${layer})`);
  const last = identifier(`layer${layers.length - 1}`);
  return sql`CREATE OR REPLACE TEMP TABLE mapped AS WITH ${join(nested, ",\n")}
    SELECT ${join(keptColumns(plan), ", ")} FROM ${last} ${parentJoins(plan)} ${joinsAnything(plan) ? sql`ORDER BY "~row"` : sql``}`;
}

// A join gives rows in any order, even one with a table of forty rows; without one they stay as they were read.
function joinsAnything({ compiled, parents }: MappingPlan): boolean {
  return compiled.lookups.length > 0 || parents.some(({ keys }) => keys !== undefined);
}

// One layer of SELECT a step: each may name the value after the step before.
function baseLayer(plan: MappingPlan, part: Sql): Sql {
  const starts = plan.compiled.columns.flatMap(({ start }, index) =>
    start === undefined ? [] : [sql`, ${start} AS ${identifier(valueName(index, 0))}`],
  );
  // row_number() over nothing streams and keeps the order; reading into a table first would copy every value once more.
  return sql`SELECT row_number() OVER () - 1 AS "~row", source.*${join(starts, "")} FROM ${part} AS source`;
}

function stepLayers(plan: MappingPlan): readonly Sql[] {
  const depth = Math.max(0, ...plan.compiled.columns.map(({ steps }) => steps.length));
  return Array.from({ length: depth }, (_, step) => stepLayer(plan, step));
}

function stepLayer(plan: MappingPlan, step: number): Sql {
  const before = identifier(`layer${step}`);
  const selected: Sql[] = [];
  const joins: Sql[] = [];
  plan.compiled.columns.forEach(({ steps }, column) => {
    const compiled = steps[step];
    if (compiled === undefined) return;
    selected.push(sql`${compiled.value} AS ${identifier(valueName(column, step + 1))}`);
    if (compiled.reject !== undefined)
      selected.push(sql`${compiled.reject.when} AS ${identifier(`~reject.${column}.${step}`)}`);
    if (compiled.flag !== undefined) selected.push(sql`${compiled.flag} AS ${identifier(`~flag.${column}.${step}`)}`);
    if (compiled.join !== undefined)
      joins.push(sql`LEFT JOIN ${identifier(compiled.join.lookup)} ON ${compiled.join.on}`);
  });
  return sql`SELECT ${before}.*, ${join(selected, ", ")} FROM ${before} ${join(joins, " ")}`;
}

/** Numbers rows that share their key with another: few do, so only these go through the window function. */
export function numberOccurrences(plan: MappingPlan): Sql | undefined {
  if (plan.keyIsUnique || plan.key.length === 0) return undefined;
  const key = keyText(plan.key);
  return sql`UPDATE mapped SET "~occurrence" = numbered.number FROM
    (SELECT "~row" AS row, row_number() OVER (PARTITION BY ${key} ORDER BY "~row") AS number FROM mapped
      WHERE coalesce(${key}, '') IN (SELECT coalesce(${key}, '') FROM mapped GROUP BY ALL HAVING count(*) > 1)) AS numbered
    WHERE mapped."~row" = numbered.row AND numbered.number > 1`;
}

interface Outcome {
  readonly when: Sql;
  readonly disposition: "filtered" | "rejected";
  readonly rule: string;
  readonly reason: Sql;
}

// In the order the rules run; the first that applies names itself.
function outcomesOf({ compiled }: MappingPlan): readonly Outcome[] {
  const filters = compiled.filters.map(
    ({ rule, keep }): Outcome => ({
      when: sql`NOT coalesce(${keep}, false)`,
      disposition: "filtered",
      rule,
      reason: literal(null),
    }),
  );
  const rejects = compiled.rejects.map(
    ({ rule, when, reason }): Outcome => ({
      when: sql`coalesce(${when}, false)`,
      disposition: "rejected",
      rule,
      reason,
    }),
  );
  const steps = compiled.columns.flatMap(({ steps: all }, column) =>
    all.flatMap(({ rule, reject }, step): readonly Outcome[] =>
      reject === undefined
        ? []
        : [
            {
              when: sql`coalesce(${identifier(`~reject.${column}.${step}`)}, false)`,
              disposition: "rejected",
              rule,
              reason: reject.reason,
            },
          ],
    ),
  );
  return [...filters, ...rejects, ...steps];
}

function outcomeLayer(plan: MappingPlan): Sql {
  const depth = Math.max(0, ...plan.compiled.columns.map(({ steps }) => steps.length));
  const cases = outcomesOf(plan).map(({ when }, index) => sql`WHEN ${when} THEN ${String(index) as Sql}`);
  const outcome = cases.length === 0 ? sql`NULL::INTEGER` : sql`CASE ${join(cases, " ")} END`;
  return sql`SELECT *, ${outcome} AS "~outcome" FROM ${identifier(`layer${depth}`)}`;
}

function keptColumns(plan: MappingPlan): readonly Sql[] {
  return [
    sql`"~row", 1::BIGINT AS "~occurrence"`,
    ...plan.sourceColumns.map(({ name }) => identifier(name)),
    ...(plan.hasRowChecksum ? [sql`row_checksum`] : []),
    ...storedValues(plan),
    ...finalValues(plan),
    ...outcomeTexts(plan),
    sql`${orphanRule(plan)} AS "~orphan_rule", ${orphanReason(plan)} AS "~orphan_reason"`,
    sql`NULL::VARCHAR AS "~winner_key", NULL::BIGINT AS "~winner_occurrence", NULL::VARCHAR AS "~winner_target_key"`,
  ];
}

function storedValues(plan: MappingPlan): readonly Sql[] {
  return plan.compiled.columns.flatMap(({ start, steps }, column) => {
    const values = start === undefined || isSourceColumn(plan, start) ? [] : [identifier(valueName(column, 0))];
    const later = steps.flatMap((_, step) =>
      isStored(plan, column, step + 1) ? [identifier(valueName(column, step + 1))] : [],
    );
    const flags = steps.flatMap(({ flag }, step) =>
      flag === undefined ? [] : [identifier(`~flag.${column}.${step}`)],
    );
    return [...values, ...later, ...flags];
  });
}

/** Every flag of a row, of whichever column and step. */
export function flagsOf(plan: MappingPlan): readonly Sql[] {
  return plan.compiled.columns.flatMap(({ steps }, column) =>
    steps.flatMap(({ flag }, step) => (flag === undefined ? [] : [identifier(`~flag.${column}.${step}`)])),
  );
}

function finalValues(plan: MappingPlan): readonly Sql[] {
  return plan.compiled.columns.flatMap(({ start, steps }, column) => {
    const link = plan.parents.find((parent) => parent.column === column);
    if (start === undefined) return [sql`${flagged(plan)} AS ${finalValue(plan, column)}`];
    if (link === undefined) return [];
    const own = valueAfter(plan, column, steps.length);
    return [
      sql`${link.keys === undefined ? own : followed(link.keys, own, link.relationship.otherwise)} AS ${finalValue(plan, column)}`,
    ];
  });
}

function flagged(plan: MappingPlan): Sql {
  const flags = flagsOf(plan).map((flag) => sql`coalesce(${flag}, false)`);
  return flags.length === 0 ? literal("f") : sql`CASE WHEN ${join(flags, " OR ")} THEN 't' ELSE 'f' END`;
}

// A child of a deduplicated row follows the winner; one without a parent loses the reference where the mapping says so.
function followed(keys: Sql, own: Sql, otherwise: "reject" | "null" | "keep"): Sql {
  const lost = otherwise === "null" ? literal(null) : own;
  return sql`CASE WHEN ${keys}."~winner" IS NOT NULL THEN ${keys}."~winner" WHEN ${keys}."~written" THEN ${own} ELSE ${lost} END`;
}

function outcomeTexts(plan: MappingPlan): readonly Sql[] {
  const outcomes = outcomesOf(plan);
  const column = (value: (outcome: Outcome) => Sql, name: string): Sql => {
    const cases = outcomes.map((outcome, index) => sql`WHEN ${String(index) as Sql} THEN ${value(outcome)}`);
    return cases.length === 0
      ? sql`NULL::VARCHAR AS ${identifier(name)}`
      : sql`CASE "~outcome" ${join(cases, " ")} END AS ${identifier(name)}`;
  };
  return [
    column((o) => literal(o.disposition), "~disposition"),
    column((o) => literal(o.rule), "~rule"),
    column((o) => o.reason, "~reason"),
  ];
}

function parentJoins(plan: MappingPlan): Sql {
  const joins = plan.parents.flatMap(({ keys, column }) => {
    const steps = plan.compiled.columns[column]?.steps.length ?? 0;
    return keys === undefined
      ? []
      : [sql`LEFT JOIN ${keys} ON ${keys}."~key" = ${identifier(valueName(column, steps))}`];
  });
  return join(joins, " ");
}

function orphanCases(plan: MappingPlan, value: (link: MappingPlan["parents"][number], keys: Sql) => Sql): Sql {
  const cases = plan.parents.flatMap((link) => {
    const { keys, relationship, column } = link;
    if (keys === undefined || relationship.otherwise !== "reject") return [];
    const own = identifier(valueName(column, plan.compiled.columns[column]?.steps.length ?? 0));
    return [
      sql`WHEN ${own} IS NOT NULL AND NOT coalesce(${keys}."~written" OR ${keys}."~winner" IS NOT NULL, false) THEN ${value(link, keys)}`,
    ];
  });
  return cases.length === 0 ? sql`NULL::VARCHAR` : sql`CASE ${join(cases, " ")} END`;
}

function orphanRule(plan: MappingPlan): Sql {
  return orphanCases(plan, ({ relationship }) => literal(relationship.rule));
}

function orphanReason(plan: MappingPlan): Sql {
  return orphanCases(plan, ({ relationship }, keys) => {
    const { column, parent } = relationship;
    const gone = sql`${literal(`${column}: its parent in ${parent} was not written (`)} || ${keys}."~rule" || ')'`;
    return sql`CASE WHEN ${keys}."~rule" IS NULL THEN ${literal(`${column}: it has no parent in ${parent}`)} ELSE ${gone} END`;
  });
}
