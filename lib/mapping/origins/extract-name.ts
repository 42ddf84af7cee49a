import { on } from "../grammar.js";
import { literal } from "../sql.js";
import { defineOrigin, ownExtract } from "./origin.js";

/** `extract_name: true` is the name of the extract that a row comes from: in a union it tells the systems apart. */
export const extractName = defineOrigin({
  kind: "extract_name",
  schema: on,
  takesRules: true,
  settle: () => ({ kind: "extract_name" }),
  describe: () => "the name of the extract the row comes from",
  compile: (_, { extract }) => ({ start: literal(extract), type: "string", injectiveOf: [ownExtract] }),
});
