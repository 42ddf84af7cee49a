import { z } from "zod";
import type { Sql } from "../../model/names.js";
import { complain, object, oneOrMore, refusePattern, text } from "../grammar.js";
import { rewriteFault } from "../re2-pattern.js";
import { literal, sql } from "../sql.js";
import { listed, spoken } from "../words.js";
import { carrying, defineRule } from "./rule.js";

type Replacement =
  | { readonly kind: "text"; readonly find: string; readonly with: string }
  | { readonly kind: "pattern"; readonly pattern: string; readonly with: string };

const found = text.superRefine((value, context) => {
  if (value === "") complain(context, "empty", "write the text that is to be replaced");
});

const pattern = text.superRefine(refusePattern);

const replacement = object({ find: found.optional(), pattern: pattern.optional(), with: text }).transform(
  ({ find, pattern, with: by }, context): Replacement => {
    if (find !== undefined && pattern === undefined) return { kind: "text", find, with: by };
    if (find === undefined && pattern !== undefined) {
      const fault = rewriteFault(by, pattern);
      if (fault !== undefined) complain(context, fault.text, fault.hint);
      return { kind: "pattern", pattern, with: by };
    }
    const hint = "write find: for text as it stands, or pattern: for a regular expression";
    complain(context, find === undefined ? "neither find nor pattern" : "both find and pattern", hint);
    return z.NEVER;
  },
);

/**
 * `replace: { find: text, with: text }` replaces every occurrence, character by character; `{ pattern, with }` every
 * match of a regular expression in the syntax of RE2, whose time grows with the length of the value and no faster.
 * Several run one after another.
 */
export const replace = defineRule({
  kind: "replace",
  schema: oneOrMore(replacement),
  effect: "changes",
  type: "string",
  describe: (replacements) => listed(replacements.map(inWords)),
  compile: (replacements, { previous }) => {
    const patterns = replacements.flatMap((one) => (one.kind === "pattern" ? [one.pattern] : []));
    return { ...carrying(replacements.reduce(replaced, previous)), patterns };
  },
});

function replaced(value: Sql, one: Replacement): Sql {
  switch (one.kind) {
    case "text":
      return sql`replace(${value}, ${literal(one.find)}, ${literal(one.with)})`;
    case "pattern":
      return sql`regexp_replace(${value}, ${literal(one.pattern)}, ${literal(one.with)}, 'g')`;
    default:
      return one satisfies never;
  }
}

function inWords(one: Replacement): string {
  switch (one.kind) {
    case "text":
      return `${spoken(one.find)} replaced by ${spoken(one.with)}`;
    case "pattern":
      return `what matches ${one.pattern} replaced by ${spoken(one.with)}`;
    default:
      return one satisfies never;
  }
}
