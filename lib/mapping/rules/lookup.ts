import { lookupColumn } from "../compiled.js";
import { name, object, pairsOf } from "../grammar.js";
import { identifier, join, sql } from "../sql.js";
import { listed } from "../words.js";
import { defineRule } from "./rule.js";

/**
 * `lookup: { file, key, value }` puts the `value` of the file's row whose `key` equals this one, compared as text. With
 * `and: { region: region_code }` the file's column `region` has to equal the row's `region_code`, too. A value that the
 * file does not list is a miss; NULL stays NULL unless the file lists `\N`.
 */
export const lookup = defineRule({
  kind: "lookup",
  schema: object({ file: name, key: name, value: name, and: pairsOf(name, name).optional() }),
  effect: "translates",
  type: "string",
  lookups: ({ file, key, value, and = [] }) => [
    { file, key: [key, ...and.map(([column]) => column)], values: [value] },
  ],
  describe: ({ file, key, value, and = [] }) =>
    `looked up in ${file}, where ${listed([key, ...and.map(([column, source]) => `${column} (the row's ${source})`)])} ${and.length > 0 ? "give" : "gives"} ${value}`,
  compile: ({ file, key, value, and = [] }, { column, previous, lookup: joined, source }) => {
    const found = (name: string) => sql`${identifier(joined)}.${identifier(lookupColumn(name))}`;
    const equal = [
      sql`${found(key)} IS NOT DISTINCT FROM ${previous}`,
      ...and.map(([name, from]) => sql`${found(name)} IS NOT DISTINCT FROM ${identifier(source(from).name)}`),
    ];
    return {
      value: found(value),
      miss: sql`(${previous} IS NOT NULL AND ${found(key)} IS NULL)`,
      reason: `${listed([column, ...and.map(([, from]) => from)])} ${and.length > 0 ? "are" : "is"} not in ${file}`,
      join: { lookup: joined, on: join(equal, " AND ") },
      file: { path: file, columns: [...new Set([key, ...and.map(([name]) => name), value])] },
    };
  },
});
