import { identifier, join, keyJson, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { isBySourceOrder, sortTerms } from "./duplicate-order.js";
import { flagged } from "./follow-parents.js";
import { finalValue, type MappingPlan, mappingValue, type SettleTables } from "./plan-mapping.js";
import { keyText, number, rowText } from "./read-csv.js";
import { innerLinks, ownName } from "./ring-links.js";

// What one row's fate owes to other rows is settled on a narrow table of candidates, never by moving whole rows.

/** Where candidates and outcomes of a single part lie: temporary tables. Those of a first pass are named by the plan. */
export const ownPart: SettleTables = { candidates: identifier("candidates"), settled: identifier("settled") };

/** Makes both tables empty. */
export function makeSettleTables(plan: MappingPlan, tables: SettleTables, temporary: boolean): readonly Sql[] {
  const kind = temporary ? sql`TEMP TABLE` : sql`TABLE`;
  return [
    sql`CREATE OR REPLACE ${kind} ${tables.candidates} AS ${candidates(plan, 0)} LIMIT 0`,
    sql`CREATE OR REPLACE ${kind} ${tables.settled} (part INTEGER, row BIGINT, disposition VARCHAR, rule VARCHAR, reason VARCHAR,
      winner_extract VARCHAR, winner_key VARCHAR, winner_occurrence BIGINT, winner_target_key VARCHAR, winner_part INTEGER, winner_row BIGINT)`,
  ];
}

/** Adds the rows of `mapped` that others may bear on: all of them in a first pass, else those that share `by`. */
export function addCandidates(plan: MappingPlan, tables: SettleTables, part: number): Sql {
  return sql`INSERT INTO ${tables.candidates} ${candidates(plan, part)} ${plan.needsFirstPass ? sql`` : onlyRepeated(plan)}`;
}

function candidates(plan: MappingPlan, part: number): Sql {
  const by = byValues(plan).map((value, index) => sql`, ${value} AS ${identifier(`by${index}`)}`);
  const order = sortTerms(plan).map(({ value }, index) => sql`, ${value} AS ${identifier(`order${index}`)}`);
  const referred = plan.referred.map((column) => sql`, ${finalValue(plan, column)} AS ${ownName(column)}`);
  const links = innerLinks(plan).map(
    ({ link, reference, lost }) => sql`, ${finalValue(plan, link.column)} AS ${reference}, false AS ${lost}`,
  );
  return sql`SELECT ${number(part)} AS part, "~row" AS row, ${literal(plan.extract)} AS extract, ${keyText(plan.key)} AS key, "~occurrence" AS occurrence,
    ${targetKeyText(plan)} AS target_key, "~disposition" AS disposition, "~rule" AS rule, "~orphan_rule" AS orphan_rule,
    ${plan.table.dedupe === undefined ? literal(null) : tieBreaker(plan)} AS tie${join([...referred, ...links], "")}${join(by, "")}${join(order, "")} FROM mapped`;
}

function tieBreaker(plan: MappingPlan): Sql {
  return sql`md5(${rowText(plan.sourceColumns.map(({ name, type }) => ({ value: identifier(name), type })))})`;
}

// Without a first pass, rows with equal `by` have equal keys, and of two such rows one is not the first of its key. Only
// these are looked at: grouping all rows of a part by `by` took 37 ms for 250,000.
function onlyRepeated(plan: MappingPlan): Sql {
  const key = keyText(plan.key);
  return sql`WHERE "~disposition" IS NULL AND ${key} IN (SELECT ${key} FROM mapped WHERE "~occurrence" > 1)`;
}

/** Numbers rows with equal keys anew where these may lie in several parts, in the order of the files. */
export function numberAcrossParts(plan: MappingPlan, tables: SettleTables): readonly Sql[] {
  if (!plan.keysSpanParts) return [];
  return [
    sql`UPDATE ${tables.candidates} AS c SET occurrence = n.number FROM
      (SELECT part, row, row_number() OVER (PARTITION BY extract, key ORDER BY part, row) AS number FROM ${tables.candidates}) AS n
      WHERE c.part = n.part AND c.row = n.row AND c.occurrence <> n.number`,
  ];
}

/** Names the losers of every group of duplicates, each with its winner. NULL in a `by` column is no duplicate of anything. */
export function settleDuplicates(plan: MappingPlan, tables: SettleTables): readonly Sql[] {
  const { dedupe } = plan.table;
  if (dedupe === undefined) return [];
  const by = dedupe.by.map((_, index) => identifier(`by${index}`));
  const order = sortTerms(plan).map(
    ({ descending }, index) => sql`${identifier(`order${index}`)} ${descending ? sql`DESC` : sql`ASC`} NULLS LAST`,
  );
  const ties = isBySourceOrder(plan) ? [sql`part DESC`, sql`row DESC`] : [sql`tie`, sql`part`, sql`row`];
  const winner = (column: Sql): Sql => sql`first_value(${column}) OVER place`;
  return [
    sql`INSERT INTO ${tables.settled} SELECT part, row, 'deduplicated', ${literal(dedupe.rule)}, NULL,
      winner_extract, winner_key, winner_occurrence, winner_target_key, winner_part, winner_row FROM
    (SELECT part, row, row_number() OVER place AS place, ${winner(sql`extract`)} AS winner_extract, ${winner(sql`key`)} AS winner_key, ${winner(sql`occurrence`)} AS winner_occurrence,
      ${winner(sql`target_key`)} AS winner_target_key, ${winner(sql`part`)} AS winner_part, ${winner(sql`row`)} AS winner_row
    FROM ${tables.candidates} WHERE disposition IS NULL AND ${allPresent(by)}
    WINDOW place AS (PARTITION BY ${join(by, ", ")} ORDER BY ${join([...order, ...ties], ", ")}))
    WHERE place > 1`,
  ];
}

/** Carries what is settled over to the candidates, so that references see who is gone. */
export function markCandidates(tables: SettleTables): readonly Sql[] {
  return [
    sql`UPDATE ${tables.candidates} AS c SET disposition = s.disposition, rule = s.rule FROM ${tables.settled} AS s
      WHERE c.part = s.part AND c.row = s.row`,
    sql`UPDATE ${tables.candidates} SET disposition = 'rejected', rule = orphan_rule WHERE disposition IS NULL AND orphan_rule IS NOT NULL`,
  ];
}

/** Writes what is settled for one part into `mapped`; then rows whose parent in another table is not there. */
export function applySettled(plan: MappingPlan, tables: SettleTables, part: number): readonly Sql[] {
  const here = (other: Sql): Sql => sql`mapped."~row" = ${other}.row AND ${other}.part = ${number(part)}`;
  const occurrence = sql`UPDATE mapped SET "~occurrence" = c.occurrence FROM ${tables.candidates} AS c
    WHERE ${here(sql`c`)} AND c.occurrence <> mapped."~occurrence"`;
  const references = innerLinks(plan).map(({ link, reference, lost }) => {
    const value = finalValue(plan, link.column);
    const set = [sql`${value} = c.${reference}`, ...flagged(plan, link, sql`c.${lost}`)];
    return sql`UPDATE mapped SET ${join(set, ", ")} FROM ${tables.candidates} AS c
      WHERE ${here(sql`c`)} AND (c.${lost} OR c.${reference} IS DISTINCT FROM mapped.${value})`;
  });
  return [
    ...(plan.keysSpanParts ? [occurrence] : []),
    sql`UPDATE mapped SET "~disposition" = s.disposition, "~rule" = s.rule, "~reason" = s.reason, "~winner_extract" = s.winner_extract, "~winner_key" = s.winner_key,
      "~winner_occurrence" = s.winner_occurrence, "~winner_target_key" = s.winner_target_key
      FROM ${tables.settled} AS s WHERE ${here(sql`s`)}`,
    ...references,
    sql`UPDATE mapped SET "~disposition" = 'rejected', "~rule" = "~orphan_rule", "~reason" = "~orphan_reason"
      WHERE "~disposition" IS NULL AND "~orphan_rule" IS NOT NULL`,
  ];
}

/** The target key of a row of `mapped` as text. */
export function targetKeyText(plan: MappingPlan): Sql {
  return keyJson(plan.targetKey.map((index) => finalValue(plan, index)));
}

// `by` names target columns; a column of the extract where the target has none of that name.
function byValues(plan: MappingPlan): readonly Sql[] {
  return (plan.table.dedupe?.by ?? []).map((name) => {
    const index = plan.compiled.columns.findIndex((column) => column.name === name);
    return index === -1 ? mappingValue(plan, name) : finalValue(plan, index);
  });
}

function allPresent(values: readonly Sql[]): Sql {
  return join(
    values.map((value) => sql`${value} IS NOT NULL`),
    " AND ",
  );
}
