import { on } from "../grammar.js";
import { defineOrigin } from "./origin.js";

/** `flagged: true` is `t` in a row that some rule flagged and `f` in every other; the engine fills it in. */
export const flagged = defineOrigin({
  kind: "flagged",
  schema: on,
  takesRules: false,
  settle: () => ({ kind: "flagged" }),
  describe: () => "whether a rule flagged the row: t or f",
  compile: () => ({ start: undefined, type: "boolean", injectiveOf: undefined }),
});
