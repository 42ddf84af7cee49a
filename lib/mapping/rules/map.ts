import { datum, pairsOf } from "../grammar.js";
import { join, literal, sql } from "../sql.js";
import { listed, spoken } from "../words.js";
import { defineRule } from "./rule.js";

/** A sentence with more of them is read by nobody; the file holds them all. */
const shownPairs = 12;

/**
 * `map: { 101: PROG-1, null: NONE }` puts one value for another, compared as text, character by character. A value
 * that is not listed is a miss; NULL stays NULL unless it is listed.
 */
export const map = defineRule({
  kind: "map",
  schema: pairsOf(datum, datum),
  effect: "translates",
  type: "string",
  describe: (pairs) => {
    const shown = pairs.slice(0, shownPairs).map(([from, to]) => `${spoken(from)} becomes ${spoken(to)}`);
    const left = pairs.length - shown.length;
    return listed(left === 0 ? shown : [...shown, `${left} more`]);
  },
  compile: (pairs, { column, previous }) => {
    const arms = pairs.map(([key, value]) =>
      key === null
        ? sql`WHEN ${previous} IS NULL THEN ${literal(value)}`
        : sql`WHEN ${previous} = ${literal(key)} THEN ${literal(value)}`,
    );
    const keys = pairs.flatMap(([key]) => (key === null ? [] : [literal(key)]));
    return {
      value: sql`CASE ${join(arms, " ")} END`,
      miss:
        keys.length === 0
          ? sql`(${previous} IS NOT NULL)`
          : sql`coalesce(${previous} NOT IN (${join(keys, ", ")}), false)`,
      reason: `${column} is not in the map`,
      join: undefined,
    };
  },
});
