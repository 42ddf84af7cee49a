import { ruleName, tableName } from "../model/names.js";
import type { ParsedExpectation } from "./expectation-schema.js";
import type { Expectations, ExpectedTest, Otherwise, Relationship } from "./migration.js";

/** The tests, aggregates and counts of `expect:`. */
export function settleExpectations(parsed: readonly ParsedExpectation[]): Expectations {
  return {
    tests: parsed.flatMap(testOf),
    aggregates: parsed.flatMap(({ aggregate }) => aggregate ?? []),
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

function testOf({ unique, not_null, accepted_values }: ParsedExpectation): readonly ExpectedTest[] {
  if (unique !== undefined) return [{ kind: "unique", ...unique }];
  if (not_null !== undefined) return [{ kind: "not_null", ...not_null }];
  return accepted_values === undefined ? [] : [{ kind: "accepted_values", ...accepted_values }];
}

function countOf({ read, filtered, rejected, deduplicated, written }: ParsedExpectation): Expectations["counts"] {
  return Object.fromEntries(
    Object.entries({ read, filtered, rejected, deduplicated, written }).filter(([, count]) => count !== undefined),
  );
}
