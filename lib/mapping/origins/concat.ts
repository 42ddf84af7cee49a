import { name, object, oneOrMore, orNames, text } from "../grammar.js";
import { identifier, join, literal, sql } from "../sql.js";
import { listed, spoken } from "../words.js";
import { defineOrigin } from "./origin.js";

/**
 * `concat: { columns: [first, last], with: " " }` puts source columns one after another. What is NULL is left out with
 * its separator; where all are, the value is NULL. `concat: [a, b]` has no separator.
 */
export const concat = defineOrigin({
  kind: "concat",
  schema: orNames("columns", object({ columns: oneOrMore(name), with: text.default("") })),
  takesRules: true,
  settle: ({ columns, with: separator }) => ({ kind: "concat", columns, separator }),
  describe: ({ columns, separator }) =>
    `${listed(columns)} one after another${separator === "" ? "" : ` with ${spoken(separator)} between them`}`,
  compile: ({ columns, separator }, { source }) => {
    const parts = columns.map((column) => identifier(source(column).name));
    const list = join(parts, ", ");
    // concat_ws() of nothing but NULL is the empty text.
    const start = sql`CASE WHEN coalesce(${list}) IS NOT NULL THEN concat_ws(${literal(separator)}, ${list}) END`;
    return { start, type: "string", injectiveOf: undefined };
  },
});
