import { yesNo } from "../grammar.js";
import { sql } from "../sql.js";
import { carrying, defineRule } from "./rule.js";

/** `upper: true` writes every letter as a capital, one for one and in no language's own way, but SS for ß. */
export const upper = defineRule({
  kind: "upper",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "in capitals",
  // Unicode's capitals of ß are SS. DuckDB gives the single letter ẞ, which no Latin-1 database can store.
  compile: (_, { previous }) => carrying(sql`upper(replace(${previous}, 'ß', 'ss'))`),
});
