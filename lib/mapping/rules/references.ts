import { z } from "zod";
import { type ExtractName, extractName, type TableName, tableName } from "../../model/names.js";
import { name, object, oneOrMore, writtenAs } from "../grammar.js";
import type { Column, ColumnRule } from "../migration.js";
import { listed } from "../words.js";
import { defineRule } from "./rule.js";

const long = object({ table: name, by: oneOrMore(name).optional(), extract: name.optional() });

const schema = writtenAs(
  z.preprocess((value) => (typeof value === "string" ? new Map([["table", value]]) : value), long),
  z.union([name, long]),
);

/**
 * `references: table` makes the target key of a parent out of the source key that stands here, as the parent's ledger
 * has it, whatever made that key. `by` names the source columns of this table where the parent's key has several. NULL
 * stays NULL. It says more than one value can tell: what becomes of it is settled when all columns are mapped, as for
 * `relationships`.
 */
export const references = defineRule({
  kind: "references",
  schema,
  effect: "translates",
  type: "string",
  describe: ({ table, by }) => `the key that ${table} has for the row${by === undefined ? "" : ` of ${listed(by)}`}`,
  origin: ({ by }) => (by === undefined ? undefined : { kind: "source_key", columns: by }),
  compile: (_, { previous }) => ({ value: previous, miss: undefined, reason: "", join: undefined }),
});

/** A column that refers to a parent's source key, settled. */
export interface Reference {
  readonly rule: ColumnRule;
  readonly table: TableName;
  readonly extract: ExtractName | undefined;
  /** How many columns the parent's key is to have. */
  readonly keyColumns: number;
}

/** What a column's `references` says, or undefined. */
export function referenceOf({ rules }: Column): Reference | undefined {
  const rule = rules.find(({ kind }) => kind === references.kind);
  if (rule === undefined) return undefined;
  // The options were parsed by the schema of this kind.
  const { table, by, extract } = rule.options as z.output<typeof schema>;
  return {
    rule,
    table: tableName(table),
    extract: extract === undefined ? undefined : extractName(extract),
    keyColumns: by?.length ?? 1,
  };
}
