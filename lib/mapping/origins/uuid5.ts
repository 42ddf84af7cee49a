import { z } from "zod";
import { type ExtractName, extractName, tableName } from "../../model/names.js";
import { complain, name, object, orNames, yesNo } from "../grammar.js";
import { bothOf, originOfEach, type PerExtract, perExtract } from "../per-extract.js";
import type { KeyScope } from "../settled-origin.js";
import { keyName, migrationNamespace, uuid5Sql } from "../uuid5.js";
import { listed } from "../words.js";
import { defineOrigin, ownExtract } from "./origin.js";

const columnNames = z.union([name.transform((only): readonly string[] => [only]), z.array(name).min(1)]);

const long = object({
  table: name.optional(),
  columns: perExtract(columnNames),
  per_extract: yesNo.optional(),
  extract: perExtract(name).optional(),
}).superRefine(({ per_extract, extract }, context) => {
  if (per_extract === undefined || extract === undefined) return;
  complain(context, "both per_extract and extract", "keep extract, which names of which extract the row is");
});
const schema = orNames("columns", long);

/**
 * `uuid5: [id]` is a UUID made of migration, table and source columns, and so the same on every machine. NULL when one
 * of the columns is. `uuid5: { table: other, columns: [other_id] }` makes the key another table has. `per_extract: true`
 * puts the extract's name into it: 7 of one system is not 7 of another; `extract: NAME` makes such a key from elsewhere.
 */
export const uuid5 = defineOrigin({
  kind: "uuid5",
  schema,
  takesRules: true,
  settle: ({ table, columns, per_extract, extract }, own) =>
    originOfEach(bothOf(columns, scopesOf(per_extract, extract)), ([names, scope]) => ({
      kind: "uuid5",
      table: table === undefined ? own : tableName(table),
      scope,
      columns: names,
    })),
  describe: ({ table, columns, scope }) => `a UUID made of ${listed(columns)}, as a key of ${table}${scopeText(scope)}`,
  compile: ({ table, columns, scope }, { migrationId, extract, source }) => {
    const names = columns.map((column) => source(column).name);
    const told = toldApartBy(scope, extract);
    const start = uuid5Sql(migrationNamespace(migrationId), told === undefined ? table : keyName(table, [told]), names);
    const injectiveOfPresent = told === extract ? [ownExtract, ...names] : names;
    // (NULL, 1) and (NULL, 2) both give NULL: several columns can be told apart only where there is a value.
    return {
      start,
      type: "string",
      injectiveOf: names.length === 1 ? injectiveOfPresent : undefined,
      injectiveOfPresent,
    };
  },
});

function scopesOf(perExtract: boolean | undefined, extract: PerExtract<string> | undefined): PerExtract<KeyScope> {
  const named = (name: string): KeyScope => ({ kind: "named", extract: extractName(name) });
  if (extract?.kind === "all") return { kind: "all", value: named(extract.value) };
  if (extract !== undefined) return { kind: "each", values: extract.values.map(([key, name]) => [key, named(name)]) };
  if (perExtract === undefined) return { kind: "all", value: { kind: "unsaid" } };
  return { kind: "all", value: { kind: perExtract ? "own" : "all" } };
}

function toldApartBy(scope: KeyScope, own: ExtractName): ExtractName | undefined {
  if (scope.kind === "named") return scope.extract;
  return scope.kind === "own" ? own : undefined;
}

function scopeText(scope: KeyScope): string {
  if (scope.kind === "named") return `, of its extract ${scope.extract}`;
  return scope.kind === "own" ? ", another for each extract" : "";
}
