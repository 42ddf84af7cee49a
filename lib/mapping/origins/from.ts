import { name } from "../grammar.js";
import { identifier } from "../sql.js";
import { defineOrigin } from "./origin.js";

/** `from: column` takes a source column as it is. */
export const from = defineOrigin({
  kind: "from",
  schema: name,
  takesRules: true,
  settle: (column) => ({ kind: "from", column }),
  describe: ({ column }) => `from ${column}`,
  compile: ({ column }, { source }) => {
    const { name, type } = source(column);
    return { start: identifier(name), type, injectiveOf: [name] };
  },
});
