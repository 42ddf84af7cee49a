import { yesNo } from "../grammar.js";
import { trimmed } from "../white-space.js";
import { carrying, defineRule } from "./rule.js";

/** `trim: true` takes white space, ASCII and Unicode, off both ends. */
export const trim = defineRule({
  kind: "trim",
  schema: yesNo,
  effect: "changes",
  type: "string",
  describe: () => "white space taken off both ends",
  compile: (_, { previous }) => carrying(trimmed(previous)),
});
