import { yesNo } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { whiteSpace } from "../white-space.js";
import { carrying, defineRule } from "./rule.js";

// DuckDB's own trim() leaves tabs and line ends, and the one with a list of characters takes ten times as long as this.
const atTheEnds = literal(`^${whiteSpace}+|${whiteSpace}+$`);

/** `trim: true` takes white space, ASCII and Unicode, off both ends. */
export const trim = defineRule({
  kind: "trim",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "white space taken off both ends",
  compile: (_, { previous }) => carrying(sql`regexp_replace(${previous}, ${atTheEnds}, '', 'g')`),
});
