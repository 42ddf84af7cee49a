import { name, object } from "../grammar.js";
import { identifier, sql } from "../sql.js";
import { defineRule } from "./rule.js";

/**
 * `lookup: { file, key, value }` puts the `value` of the file's row whose `key` equals this one, compared as text. A
 * value that the file does not list is a miss; NULL stays NULL unless the file lists `\N`.
 */
export const lookup = defineRule({
  kind: "lookup",
  schema: object({ file: name, key: name, value: name }),
  effect: "translates",
  type: "string",
  describe: ({ file, key, value }) => `looked up in ${file}, where ${key} gives ${value}`,
  compile: ({ file, key, value }, { column, previous, lookup: joined }) => {
    const found = sql`${identifier(joined)}.${identifier(key)}`;
    const on = sql`${found} IS NOT DISTINCT FROM ${previous}`;
    return {
      value: sql`${identifier(joined)}.${identifier(value)}`,
      miss: sql`(${previous} IS NOT NULL AND ${found} IS NULL)`,
      reason: `${column} is not in ${file}`,
      join: { lookup: joined, on },
      file: { path: file, columns: key === value ? [key] : [key, value] },
    };
  },
});
