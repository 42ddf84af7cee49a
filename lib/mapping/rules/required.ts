import { yesNo } from "../grammar.js";
import { sql } from "../sql.js";
import { defineRule } from "./rule.js";

/** `required: true` rejects a row whose value, after all other rules, is NULL or empty. */
export const required = defineRule({
  kind: "required",
  schema: yesNo,
  effect: "keeps",
  type: "same",
  describe: () => "neither NULL nor empty",
  compile: (_, { column, previous }) => ({
    value: previous,
    miss: sql`(${previous} IS NULL OR ${previous} = '')`,
    reason: `${column} is required, and is NULL or empty`,
    join: undefined,
  }),
});
