import { name, oneOrMore } from "../grammar.js";
import { identifier, join, keyJson, sql } from "../sql.js";
import { listed } from "../words.js";
import { defineOrigin } from "./origin.js";

/**
 * `source_key: [order_no, year]` is what names a source row in ledgers: the value itself, or a JSON list where there are
 * several columns. NULL when all of them are; half a key is none that a row could have, and stands in the list as null.
 */
export const sourceKey = defineOrigin({
  kind: "source_key",
  schema: oneOrMore(name),
  takesRules: true,
  settle: (columns) => ({ kind: "source_key", columns }),
  describe: ({ columns }) => `the key made of ${listed(columns)}`,
  compile: ({ columns }, { source }) => {
    const names = columns.map((column) => source(column).name);
    const values = names.map(identifier);
    const isPresent = sql`coalesce(${join(values, ", ")}) IS NOT NULL`;
    return {
      start: values.length === 1 ? keyJson(values) : sql`CASE WHEN ${isPresent} THEN ${keyJson(values)} END`,
      type: "string",
      injectiveOf: names.length === 1 ? names : undefined,
      injectiveOfPresent: names,
    };
  },
});
