import { z } from "zod";
import type { Sql } from "../../model/names.js";
import { complain, object, oneOrMore, text, yesNo } from "../grammar.js";
import { join, literal, sql } from "../sql.js";
import { listed, spoken } from "../words.js";
import { defineRule } from "./rule.js";

/** PostgreSQL's own words. */
const usual = {
  true: ["t", "true", "y", "yes", "on", "1"],
  false: ["f", "false", "n", "no", "off", "0"],
  ignore_case: true,
};

const declared = object({
  true: oneOrMore(text),
  false: oneOrMore(text),
  ignore_case: yesNo.default(false),
}).superRefine(({ true: yes, false: no, ignore_case }, context) => {
  const same = (word: string): string => (ignore_case ? word.toLowerCase() : word);
  const both = yes.find((word) => no.some((other) => same(other) === same(word)));
  if (both !== undefined) complain(context, `${spoken(both)} is both true and false`, "leave it out of one of the two");
});

/**
 * `boolean: { true: [Y], false: [N] }` makes `t` and `f` of declared words, `boolean: true` of those PostgreSQL knows.
 * Any other word is a miss; NULL stays NULL.
 */
export const boolean = defineRule({
  kind: "boolean",
  schema: z.union([yesNo.transform((on) => on && usual), declared]),
  effect: "translates",
  type: "boolean",
  otherwiseFault: (value) =>
    value === null || value === "t" || value === "f"
      ? undefined
      : "otherwise is no boolean as the rule writes them (t, f)",
  describe: (options) => {
    const { true: yes, false: no } = options || usual;
    return `true for ${listed(yes.map(spoken), "or")}, false for ${listed(no.map(spoken), "or")}`;
  },
  compile: (options, { column, previous }) => {
    const { true: yes, false: no, ignore_case } = options || usual;
    const folded = (value: Sql): Sql => (ignore_case ? sql`lower(${value})` : value);
    const among = (words: readonly string[]): Sql =>
      sql`${folded(previous)} IN (${join(
        words.map((word) => folded(literal(word))),
        ", ",
      )})`;
    return {
      value: sql`CASE WHEN ${among(yes)} THEN 't' WHEN ${among(no)} THEN 'f' END`,
      miss: sql`coalesce(NOT (${among([...yes, ...no])}), false)`,
      reason: `${column} is none of the words that mean true or false`,
      join: undefined,
    };
  },
});
