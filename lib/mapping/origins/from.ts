import { name } from "../grammar.js";
import { originOfEach, perExtract } from "../per-extract.js";
import { identifier } from "../sql.js";
import { defineOrigin } from "./origin.js";

/** `from: column` takes a source column as it is; `from: { people: name, staff: full_name }` one of each extract. */
export const from = defineOrigin({
  kind: "from",
  schema: perExtract(name),
  takesRules: true,
  settle: (columns) => originOfEach(columns, (column) => ({ kind: "from", column })),
  describe: ({ column }) => `from ${column}`,
  compile: ({ column }, { source }) => {
    const { name, type } = source(column);
    return { start: identifier(name), type, injectiveOf: [name] };
  },
});
