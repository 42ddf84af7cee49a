import type { Column, ColumnRule } from "./migration.js";
import { definitionOfOrigin } from "./origins/all-origins.js";
import { originsOf } from "./per-extract.js";
import { ruleOfKind } from "./rule-of-kind.js";
import { spoken } from "./words.js";

/** A column as a data owner reads it aloud: its origin, its rules in the order they run, and the business rule behind it. */
export function describeColumn(column: Column): string {
  const { name, rules, because } = column;
  return `${name}: ${[describeOrigin(column), ...rules.map(describeRule)].join("; ")}${because === undefined ? "" : ` — because ${because}`}`;
}

/** Where a column's first value comes from. */
export function describeOrigin({ origin }: Column): string {
  return originsOf(origin)
    .map(({ extract, origin: one }) => {
      const words = definitionOfOrigin(one).describe(one);
      return extract === undefined ? words : `in ${extract} ${words}`;
    })
    .join(", ");
}

/** What a rule does to a value, and what becomes of one that it cannot carry over. */
export function describeRule(rule: ColumnRule): string {
  const definition = ruleOfKind(rule.kind);
  const otherwise = rule.otherwise ?? (definition.effect === "keeps" ? ({ kind: "reject" } as const) : undefined);
  const where = rule.onlyIf === undefined ? "" : `where ${rule.onlyIf}: `;
  const why = rule.because === undefined ? "" : ` (because ${rule.because})`;
  const miss = otherwise === undefined ? "" : `, else ${fate(otherwise, rule.flags)}`;
  return `${where}${definition.describe(rule.options)}${miss}${why}`;
}

function fate(otherwise: NonNullable<ColumnRule["otherwise"]>, flags: boolean): string {
  switch (otherwise.kind) {
    case "reject":
      return "the row is rejected";
    case "keep":
      return `it stays as it is${flagged(flags)}`;
    case "value":
      return `${spoken(otherwise.value)}${flagged(flags)}`;
    default:
      return otherwise satisfies never;
  }
}

const flagged = (flags: boolean): string => (flags ? ", and the row is flagged" : "");
