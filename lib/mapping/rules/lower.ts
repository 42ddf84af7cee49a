import { yesNo } from "../grammar.js";
import { sql } from "../sql.js";
import { carrying, defineRule } from "./rule.js";

/** `lower: true` writes every letter small, one for one and in no language's own way. */
export const lower = defineRule({
  kind: "lower",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "in small letters",
  compile: (_, { previous }) => carrying(sql`lower(${previous})`),
});
