import { ruleName, tableName } from "../model/names.js";
import type { ParsedExpectation } from "./expectation-schema.js";
import type { Expectations, ExpectedTest, ReportComparison } from "./expectations.js";
import type { Otherwise, Relationship } from "./migration.js";

/** The tests, aggregates and counts of `expect:`. */
export function settleExpectations(parsed: readonly ParsedExpectation[]): Expectations {
  return {
    tests: parsed.flatMap(testOf),
    aggregates: parsed.flatMap(({ aggregate }) => aggregate ?? []),
    reports: parsed.flatMap(({ report }) => (report === undefined ? [] : [settleReport(report)])),
    counts: Object.assign({}, ...parsed.map(countOf)),
  };
}

/** The foreign keys of `expect:`; `to` is cut at its last point, since a table's name may hold one. */
export function settleRelationships(parsed: readonly ParsedExpectation[]): readonly Relationship[] {
  return parsed.flatMap(({ relationships }) => {
    if (relationships === undefined) return [];
    const { column, to, otherwise, severity } = relationships;
    const point = to.lastIndexOf(".");
    const parent = tableName(to.slice(0, point));
    return {
      rule: ruleName(`relationship:${column}`),
      column,
      parent,
      parentColumn: to.slice(point + 1),
      translates: undefined,
      otherwise: settleOtherwise(otherwise),
      flags: false,
      severity,
    };
  });
}

/** What the word behind a relationship's `otherwise` means. */
export function settleOtherwise(word: "reject" | "null" | "keep" = "reject"): Otherwise {
  return word === "null" ? { kind: "value", value: null } : { kind: word };
}

function testOf(parsed: ParsedExpectation): readonly ExpectedTest[] {
  const { unique, not_null, accepted_values, range, pattern, missing_percent, row_count_equal } = parsed;
  if (unique !== undefined) return [{ kind: "unique", ...unique }];
  if (not_null !== undefined) return [{ kind: "not_null", ...not_null }];
  if (accepted_values !== undefined) return [{ kind: "accepted_values", ...accepted_values }];
  if (range !== undefined) return [{ kind: "range", ...range, min: range.min, max: range.max }];
  if (pattern !== undefined) return [{ kind: "pattern", ...pattern }];
  if (missing_percent !== undefined) return [{ kind: "missing_percent", ...missing_percent }];
  if (row_count_equal !== undefined) return [{ kind: "row_count_equal", ...row_count_equal }];
  return ownTestOf(parsed);
}

function ownTestOf({ freshness, query }: ParsedExpectation): readonly ExpectedTest[] {
  if (freshness !== undefined) {
    const { column, max_age: maxAge, severity } = freshness;
    return [{ kind: "freshness", column, maxAge, severity }];
  }
  return query === undefined ? [] : [{ kind: "query", name: query.name, sql: query.select, severity: query.severity }];
}

function settleReport(report: NonNullable<ParsedExpectation["report"]>): ReportComparison {
  const { within_percent: withinPercent, of, ...rest } = report;
  return { ...rest, of, withinPercent };
}

function countOf({ read, filtered, rejected, deduplicated, written }: ParsedExpectation): Expectations["counts"] {
  return Object.fromEntries(
    Object.entries({ read, filtered, rejected, deduplicated, written }).filter(([, count]) => count !== undefined),
  );
}
