import { identifier, join, literal, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import { finalValue, flagOfParent, isStored, type MappingPlan, valueAfter } from "./plan-mapping.js";
import { isWrongChecksum, keyText, number, rowText } from "./read-csv.js";
import { targetKeyText } from "./settle-sql.js";

/** The columns of the ledger, in order. */
export const ledgerColumns = [
  "extract",
  "key",
  "occurrence",
  "source_checksum",
  "disposition",
  "rule",
  "target_key",
  "winner_extract",
  "winner_key",
  "winner_occurrence",
  "winner_target_key",
  "target_checksum",
] as const;

/** The columns that stand before the source's own in rejects.csv.gz. */
export const rejectColumns = ["_rule", "_reason", "_extract", "_key", "_occurrence"] as const;

/** The columns of changes.csv.gz. */
export const changeColumns = ["extract", "key", "occurrence", "column", "rule", "before", "after"] as const;

/** The rows that are written: exactly the target's columns. */
export function selectWritten(plan: MappingPlan): Sql {
  return sql`SELECT ${join(
    plan.compiled.columns.map((_, index) => finalValue(plan, index)),
    ", ",
  )} FROM mapped WHERE "~disposition" IS NULL`;
}

/** One line a source row: where it went. `exceptions` leaves out those that were simply written. */
export function selectLedger(plan: MappingPlan): Sql {
  const sourceChecksum = plan.hasRowChecksum ? sql`row_checksum` : literal(null);
  const onlyExceptions = plan.table.ledger === "exceptions" ? sql`WHERE "~disposition" IS NOT NULL` : sql``;
  return sql`SELECT ${literal(plan.extract)}, ${keyText(plan.key)}, "~occurrence", ${sourceChecksum},
    coalesce("~disposition", 'written'), "~rule", ${targetKeyText(plan)}, "~winner_extract", "~winner_key", "~winner_occurrence", "~winner_target_key",
    CASE WHEN "~disposition" IS NULL THEN md5(${targetRowText(plan)}) END FROM mapped ${onlyExceptions}`;
}

/** The rejected source rows, whole, with rule and reason; NULL in columns that only other extracts have. */
export function selectRejects(plan: MappingPlan): Sql {
  const own = plan.sourceColumns.map(({ name }) => name);
  const columns = join(
    plan.allSourceColumns.map(({ name }) => (own.includes(name) ? identifier(name) : literal(null))),
    ", ",
  );
  return sql`SELECT "~rule", "~reason", ${literal(plan.extract)}, ${keyText(plan.key)}, "~occurrence", ${columns} FROM mapped WHERE "~disposition" = 'rejected'`;
}

/** A rule's step whose effect is logged: which column it stands on, and the values around it. */
interface LoggedStep {
  readonly column: string;
  readonly rule: string;
  readonly before: Sql;
  readonly after: Sql;
  readonly flag: Sql | undefined;
  readonly concealed: boolean;
}

function loggedSteps(plan: MappingPlan): readonly LoggedStep[] {
  const rules = plan.compiled.columns.flatMap(({ name, steps, concealed }, column) =>
    steps.flatMap(({ rule, logsChanges, flag }, step) =>
      // A rule that lets every value pass as it is makes no change: what it says is settled later.
      logsChanges && isStored(plan, column, step + 1)
        ? [
            {
              column: name,
              rule,
              before: valueAfter(plan, column, step),
              after: valueAfter(plan, column, step + 1),
              flag: flag && identifier(`~flag.${column}.${step}`),
              concealed,
            },
          ]
        : [],
    ),
  );
  // A reference that becomes its parent's key, follows a merged parent to the one that was kept, or is dropped, is a
  // change like any other.
  const references = plan.parents.map(({ relationship, column }) => ({
    column: relationship.column,
    rule: relationship.rule,
    before: valueAfter(plan, column, plan.compiled.columns[column]?.steps.length ?? 0),
    after: finalValue(plan, column),
    flag: relationship.flags ? flagOfParent(column) : undefined,
    concealed: plan.compiled.columns[column]?.concealed ?? false,
  }));
  return [...rules, ...references];
}

/** At most `limit` changes that rules made to written rows, in source order; undefined when no rule changes anything. */
export function selectChanges(plan: MappingPlan, limit: number): Sql | undefined {
  const steps = loggedSteps(plan);
  if (steps.length === 0 || limit === 0) return undefined;
  const selects = steps.map(
    ({ column, rule, before, after, concealed }, index) =>
      sql`SELECT "~row" AS row, ${number(index)} AS step, ${keyText(plan.key)} AS key, "~occurrence" AS occurrence, ${literal(column)} AS "column",
        ${literal(rule)} AS rule, ${shown(before, concealed)} AS before, ${shown(after, concealed)} AS after FROM mapped WHERE "~disposition" IS NULL AND ${before} IS DISTINCT FROM ${after}`,
  );
  return sql`SELECT ${literal(plan.extract)}, key, occurrence, "column", rule, before, after FROM (${join(selects, " UNION ALL ")}) ORDER BY row, step LIMIT ${number(limit)}`;
}

const shown = (value: Sql, concealed: boolean): Sql => (concealed ? literal("(masked)") : value);

/** One row a logged rule: its name, how many written rows it changed, how many it flagged. */
export function selectRuleCounts(plan: MappingPlan): Sql | undefined {
  const steps = loggedSteps(plan);
  if (steps.length === 0) return undefined;
  const counts = steps.flatMap(({ before, after, flag }) => [
    sql`count(*) FILTER (${before} IS DISTINCT FROM ${after})`,
    flag === undefined ? sql`0` : sql`count(*) FILTER (coalesce(${flag}, false))`,
  ]);
  return sql`SELECT ${join(counts, ", ")} FROM mapped WHERE "~disposition" IS NULL`;
}

/** The names of the logged rules, in the order of `selectRuleCounts`. */
export function loggedRules(plan: MappingPlan): readonly string[] {
  return loggedSteps(plan).map(({ rule }) => rule);
}

/** One row a disposition and rule, with its count. */
export function selectDispositions(): Sql {
  return sql`SELECT coalesce("~disposition", 'written'), "~rule", count(*) FROM mapped GROUP BY ALL`;
}

/** Rows that `checksumOfBytes` takes at once. */
const rowsOfChecksum = number(2 ** 24);

/** Of the written rows, in groups whose counts and checksums add up: the count, and the sums that `checksumOfBytes` takes. */
export function selectChecksum(plan: MappingPlan): Sql {
  // md5_number is little-endian, which no other database's MD5 is, so its bytes are summed one by one, two in a word:
  // 250,000 rows in 0.14 s. Through the hex digits, cast to numbers, they took 0.20 s, of which MD5 itself is 0.08.
  const half = sql`18446744073709551615::UHUGEINT`;
  const sums = ["first", "second"].flatMap((name) =>
    [0, 8, 16, 24].map(
      (bits) => sql`sum((${identifier(name)} >> ${number(bits)}) & ${number(0x0000_00ff_0000_00ff)}::UBIGINT)`,
    ),
  );
  return sql`SELECT count(*), ${join(sums, ", ")} FROM
    (SELECT piece, (hash & ${half})::UBIGINT AS first, (hash >> 64)::UBIGINT AS second FROM
    (SELECT "~row" // ${rowsOfChecksum} AS piece, md5_number(${targetRowText(plan)}) AS hash FROM mapped WHERE "~disposition" IS NULL))
    GROUP BY piece`;
}

/** Rows whose checksum, computed from the file, is not the one the source server computed. */
export function selectWrongChecksums(plan: MappingPlan): Sql {
  return sql`SELECT count(*), min("~row") FROM mapped WHERE ${isWrongChecksum(sourceRowText(plan))}`;
}

/** The text of a source row, of which `row_checksum` is the MD5 or the first half of the SHA-256. */
export function sourceRowText(plan: MappingPlan): Sql {
  return rowText(plan.sourceColumns.map(({ name, type }) => ({ value: identifier(name), type })));
}

function targetRowText(plan: MappingPlan): Sql {
  return rowText(plan.compiled.columns.map(({ type }, index) => ({ value: finalValue(plan, index), type })));
}
