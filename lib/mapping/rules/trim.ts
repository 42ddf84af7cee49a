import { yesNo } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { defineRule } from "./rule.js";

// Every character with Unicode's property White_Space, and U+FEFF, which editors leave behind. DuckDB's own trim()
// leaves tabs and line ends, and the one with a list of characters takes ten times as long as this pattern.
const blank = String.raw`[\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]`;
const atTheEnds = literal(`^${blank}+|${blank}+$`);

/** `trim: true` takes white space, ASCII and Unicode, off both ends. */
export const trim = defineRule({
  kind: "trim",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "white space taken off both ends",
  compile: (_, { previous }) => ({
    value: sql`regexp_replace(${previous}, ${atTheEnds}, '', 'g')`,
    miss: undefined,
    reason: "",
    join: undefined,
  }),
});
