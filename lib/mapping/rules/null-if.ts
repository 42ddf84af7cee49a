import { oneOrMore, text } from "../grammar.js";
import { join, literal, sql } from "../sql.js";
import { listed, spoken } from "../words.js";
import { carrying, defineRule } from "./rule.js";

/** `null_if: [N/A, "-", ""]` makes NULL of these values, compared as text, character by character. */
export const nullIf = defineRule({
  kind: "null_if",
  schema: oneOrMore(text),
  effect: "changes",
  type: "same",
  describe: (values) => `NULL where it is ${listed(values.map(spoken), "or")}`,
  compile: (values, { previous }) =>
    carrying(sql`CASE WHEN ${previous} NOT IN (${join(values.map(literal), ", ")}) THEN ${previous} END`),
});
