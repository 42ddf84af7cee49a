import type { SourceColumn } from "../mapping/migration.js";
import { identifier, join, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { finalValue, type MappingPlan } from "./plan-mapping.js";
import { keyText, rowText } from "./read-csv.js";

// What one row's fate owes to other rows is settled on a narrow table of candidates, never by moving whole rows.

/** Where candidates and outcomes of the first pass lie, seen by all connections; a part's own are temporary. */
export const firstPass = { candidates: identifier("first_candidates"), settled: identifier("first_settled") };
export const ownPart = { candidates: identifier("candidates"), settled: identifier("settled") };
export type Tables = typeof firstPass;

/** Makes both tables empty. */
export function makeSettleTables(plan: MappingPlan, tables: Tables, temporary: boolean): readonly Sql[] {
  const kind = temporary ? sql`TEMP TABLE` : sql`TABLE`;
  return [
    sql`CREATE OR REPLACE ${kind} ${tables.candidates} AS ${candidates(plan, 0)} LIMIT 0`,
    sql`CREATE OR REPLACE ${kind} ${tables.settled} (part INTEGER, row BIGINT, disposition VARCHAR, rule VARCHAR, reason VARCHAR,
      winner_key VARCHAR, winner_occurrence BIGINT, winner_target_key VARCHAR, has_reference BOOLEAN, reference VARCHAR)`,
  ];
}

/** Adds the rows of `mapped` that others may bear on: all of them in a first pass, else those that share `by`. */
export function addCandidates(plan: MappingPlan, tables: Tables, part: number): Sql {
  return sql`INSERT INTO ${tables.candidates} ${candidates(plan, part)} ${plan.needsFirstPass ? sql`` : onlyRepeated(plan)}`;
}

function candidates(plan: MappingPlan, part: number): Sql {
  const by = byValues(plan).map((value, index) => sql`, ${value} AS ${identifier(`by${index}`)}`);
  const order = orderValues(plan).map((value, index) => sql`, ${value} AS ${identifier(`order${index}`)}`);
  const self = selfLink(plan);
  const own = self?.ownColumn === undefined ? literal(null) : finalValue(plan, self.ownColumn);
  const reference = self === undefined ? literal(null) : finalValue(plan, self.column);
  const tie =
    plan.table.dedupe === undefined
      ? literal(null)
      : sql`md5(${rowText(plan.sourceColumns.map(({ name, type }) => ({ value: identifier(name), type })))})`;
  return sql`SELECT ${String(part) as Sql} AS part, "~row" AS row, ${keyText(plan.key)} AS key, "~occurrence" AS occurrence,
    ${targetKeyText(plan)} AS target_key, "~disposition" AS disposition, "~rule" AS rule, "~orphan_rule" AS orphan_rule,
    ${tie} AS tie, ${own} AS own, ${reference} AS reference${join(by, "")}${join(order, "")} FROM mapped`;
}

// Few rows share their key with another: only these go through the window function, 1.25 M rows in 0.1 s.
function onlyRepeated(plan: MappingPlan): Sql {
  const by = byValues(plan);
  const list = join(by, ", ");
  return sql`WHERE "~disposition" IS NULL AND (${list}) IN
    (SELECT (${list}) FROM mapped WHERE "~disposition" IS NULL AND ${allPresent(by)} GROUP BY ${list} HAVING count(*) > 1)`;
}

/** Names the losers of every group of duplicates, each with its winner. NULL in a `by` column is no duplicate of anything. */
export function settleDuplicates(plan: MappingPlan, tables: Tables): Sql {
  const { dedupe } = plan.table;
  if (dedupe === undefined) return sql`SELECT 1`;
  const by = dedupe.by.map((_, index) => identifier(`by${index}`));
  const direction = dedupe.keep === "latest" ? sql`DESC` : sql`ASC`;
  const order = dedupe.order.map((_, index) => sql`${identifier(`order${index}`)} ${direction} NULLS LAST`);
  return sql`INSERT INTO ${tables.settled} SELECT part, row, 'deduplicated', ${literal(dedupe.rule)}, NULL,
      winner_key, winner_occurrence, winner_target_key, false, NULL FROM
    (SELECT part, row, row_number() OVER place AS place, first_value(key) OVER place AS winner_key,
      first_value(occurrence) OVER place AS winner_occurrence, first_value(target_key) OVER place AS winner_target_key
    FROM ${tables.candidates} WHERE disposition IS NULL AND ${allPresent(by)}
    WINDOW place AS (PARTITION BY ${join(by, ", ")} ORDER BY ${join([...order, sql`tie`, sql`part`, sql`row`], ", ")}))
    WHERE place > 1`;
}

/** Carries what is settled over to the candidates, so that references see who is gone. */
export function markCandidates(tables: Tables): readonly Sql[] {
  return [
    sql`UPDATE ${tables.candidates} AS c SET disposition = s.disposition, rule = s.rule FROM ${tables.settled} AS s
      WHERE c.part = s.part AND c.row = s.row AND s.disposition IS NOT NULL`,
    sql`UPDATE ${tables.candidates} SET disposition = 'rejected', rule = orphan_rule WHERE disposition IS NULL AND orphan_rule IS NOT NULL`,
  ];
}

/** Lets references to a deduplicated row of the same table follow its winner. */
export function followWinners(plan: MappingPlan, tables: Tables): readonly Sql[] {
  if (selfLink(plan) === undefined) return [];
  return [
    sql`INSERT INTO ${tables.settled} SELECT c.part, c.row, NULL, NULL, NULL, NULL, NULL, NULL, true, min(s.winner_target_key)
      FROM ${tables.candidates} c JOIN ${tables.candidates} loser ON loser.own = c.reference AND loser.disposition = 'deduplicated'
      JOIN ${tables.settled} s ON s.part = loser.part AND s.row = loser.row AND s.winner_target_key IS NOT NULL
      WHERE c.disposition IS NULL AND c.reference NOT IN (${alive(tables)}) GROUP BY c.part, c.row`,
    sql`UPDATE ${tables.candidates} AS c SET reference = s.reference FROM ${tables.settled} AS s
      WHERE c.part = s.part AND c.row = s.row AND s.has_reference`,
  ];
}

/** One round of the cascade within the table: rows whose parent is not there. Run it until it finds none. */
export function cascadeRound(plan: MappingPlan, tables: Tables): readonly Sql[] {
  const link = selfLink(plan);
  if (link === undefined || link.relationship.otherwise === "keep") return [];
  const { rule, column, parent, otherwise } = link.relationship;
  const lost = sql`c.disposition IS NULL AND c.reference IS NOT NULL AND c.reference NOT IN (${alive(tables)})`;
  if (otherwise === "null") {
    return [
      sql`INSERT INTO ${tables.settled} SELECT part, row, NULL, NULL, NULL, NULL, NULL, NULL, true, NULL FROM ${tables.candidates} c WHERE ${lost}`,
      sql`UPDATE ${tables.candidates} AS c SET reference = NULL WHERE ${lost}`,
    ];
  }
  const gone = sql`(SELECT any_value(p.rule ORDER BY p.rule) FROM ${tables.candidates} p WHERE p.own = c.reference)`;
  const reason = sql`coalesce(${literal(`${column}: its parent in ${parent} was not written (`)} || ${gone} || ')', ${literal(`${column}: it has no parent in ${parent}`)})`;
  return [
    sql`INSERT INTO ${tables.settled} SELECT part, row, 'rejected', ${literal(rule)}, ${reason}, NULL, NULL, NULL, false, NULL
      FROM ${tables.candidates} c WHERE ${lost}`,
    sql`UPDATE ${tables.candidates} AS c SET disposition = 'rejected', rule = ${literal(rule)} WHERE ${lost}`,
  ];
}

function alive(tables: Tables): Sql {
  return sql`SELECT own FROM ${tables.candidates} WHERE disposition IS NULL AND own IS NOT NULL`;
}

/** Writes what is settled for one part into `mapped`; then rows whose parent in another table is not there. */
export function applySettled(plan: MappingPlan, tables: Tables, part: number): readonly Sql[] {
  const here = sql`mapped."~row" = s.row AND s.part = ${String(part) as Sql}`;
  const self = selfLink(plan);
  const reference =
    self &&
    sql`UPDATE mapped SET ${finalValue(plan, self.column)} = s.reference FROM ${tables.settled} AS s WHERE ${here} AND s.has_reference`;
  return [
    sql`UPDATE mapped SET "~disposition" = s.disposition, "~rule" = s.rule, "~reason" = s.reason, "~winner_key" = s.winner_key,
      "~winner_occurrence" = s.winner_occurrence, "~winner_target_key" = s.winner_target_key
      FROM ${tables.settled} AS s WHERE ${here} AND s.disposition IS NOT NULL`,
    ...(reference === undefined ? [] : [reference]),
    sql`UPDATE mapped SET "~disposition" = 'rejected', "~rule" = "~orphan_rule", "~reason" = "~orphan_reason"
      WHERE "~disposition" IS NULL AND "~orphan_rule" IS NOT NULL`,
  ];
}

/** The target key of a row of `mapped` as text. */
export function targetKeyText(plan: MappingPlan): Sql {
  const [only, ...others] = plan.targetKey;
  if (only === undefined) return literal(null);
  if (others.length === 0) return finalValue(plan, only);
  return sql`CAST(to_json([${join(
    plan.targetKey.map((index) => finalValue(plan, index)),
    ", ",
  )}]) AS VARCHAR)`;
}

/** The reference of the table into itself, if it has one. */
export function selfLink(plan: MappingPlan) {
  return plan.parents.find(({ ownColumn }) => ownColumn !== undefined);
}

// `by` names target columns; a column of the extract where the target has none of that name.
function byValues(plan: MappingPlan): readonly Sql[] {
  return (plan.table.dedupe?.by ?? []).map((name) => {
    const index = plan.compiled.columns.findIndex((column) => column.name === name);
    return index === -1 ? identifier(name) : finalValue(plan, index);
  });
}

function orderValues(plan: MappingPlan): readonly Sql[] {
  return (plan.table.dedupe?.order ?? []).map((name) =>
    ordered(
      plan.sourceColumns.find((column) => column.name === name),
      identifier(name),
    ),
  );
}

// Numbers by value; dates and times are ISO text in one zone, which sorts as they do, infinities included.
function ordered(column: SourceColumn | undefined, value: Sql): Sql {
  if (column?.type === "integer") return sql`TRY_CAST(${value} AS HUGEINT)`;
  if (column?.type === "number")
    return /^(real|double|float)/.test(column.databaseType)
      ? sql`TRY_CAST(${value} AS DOUBLE)`
      : sql`TRY_CAST(${value} AS DECIMAL(38, 12))`;
  return value;
}

function allPresent(values: readonly Sql[]): Sql {
  return join(
    values.map((value) => sql`${value} IS NOT NULL`),
    " AND ",
  );
}
