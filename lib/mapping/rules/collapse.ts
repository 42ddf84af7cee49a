import { yesNo } from "../grammar.js";
import { collapsed } from "../white-space.js";
import { carrying, defineRule } from "./rule.js";

/** `collapse: true` makes one blank of each run of white space, ASCII and Unicode; line ends are white space too. */
export const collapse = defineRule({
  kind: "collapse",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "each run of white space made one blank",
  compile: (_, { previous }) => carrying(collapsed(previous)),
});
