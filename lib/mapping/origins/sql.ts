import { sqlExpression } from "../grammar.js";
import { originOfEach, perExtract } from "../per-extract.js";
import { sql as fragment, parenthesised } from "../sql.js";
import { defineOrigin } from "./origin.js";

/** `sql: expression` is DuckDB's SQL over the source columns, all of them text. Its result is DuckDB's text of it. */
export const sql = defineOrigin({
  kind: "sql",
  schema: perExtract(sqlExpression),
  takesRules: true,
  settle: (expressions) => originOfEach(expressions, (expression) => ({ kind: "sql", sql: expression })),
  describe: ({ sql: expression }) => `the result of the SQL ${expression.trim()}`,
  compile: ({ sql: expression }) => {
    const value = parenthesised(expression);
    const text = fragment`CAST(${value} AS VARCHAR)`;
    // DuckDB writes true and false; the files of a run hold t and f.
    const start = fragment`CASE WHEN typeof(${value}) = 'BOOLEAN' THEN substr(${text}, 1, 1) ELSE ${text} END`;
    return { start, type: "string", injectiveOf: undefined };
  },
});
