import { datum } from "../grammar.js";
import { originOfEach, perExtract } from "../per-extract.js";
import { literal } from "../sql.js";
import { spoken } from "../words.js";
import { defineOrigin } from "./origin.js";

/** `const: text` is the same value in every row (of an extract), as its source text; a plain null is NULL. */
export const constant = defineOrigin({
  kind: "const",
  schema: perExtract(datum),
  takesRules: true,
  settle: (values) => originOfEach(values, (value) => ({ kind: "const", value })),
  describe: ({ value }) => `always ${spoken(value)}`,
  compile: ({ value }) => ({ start: literal(value), type: "string", injectiveOf: undefined }),
});
