import type { RuleName, Sql } from "../model/names.js";
import type { SpecificationFile } from "./migration.js";
import { identifier, join, sql } from "./sql.js";

// What a mapping compiles to: SQL over one part of an extract, in DuckDB's dialect.

/** A source column as the extract's manifest names it; `type` is the Frictionless type, `databaseType` the source's own. */
export interface SourceColumn {
  readonly name: string;
  readonly type: string;
  readonly databaseType: string;
}

/** A lookup file to be joined: the engine loads it as a table `name` with all columns text. */
export interface CompiledLookup {
  readonly name: string;
  readonly file: string;
  readonly columns: readonly string[];
}

/**
 * A function that SQL has no word for: the engine registers it under `name`, and calls it once per distinct list of
 * arguments, none of them NULL (of NULL it makes NULL). It must be pure.
 */
export interface NodeFunction {
  /** Quoted in SQL; begins with `~`, so that no expression of a specification can mean another. */
  readonly name: string;
  readonly parameters: number;
  /** Makes it ready, once, where it is used: what it is made of is read only then. */
  readonly load: (given: FunctionInputs) => Promise<(values: readonly string[]) => string | null>;
}

/** What a function may ask for while it is made ready. */
export interface FunctionInputs {
  /** A key out of the environment variable of that name. */
  readonly secret: (name: string) => string;
  /** A file of the specification, by its path. */
  readonly file: (path: string) => SpecificationFile;
}

/** A regular expression of the specification. Whether it is one, only the engine can tell. */
export interface CompiledPattern {
  readonly pattern: string;
  readonly rule: RuleName;
  readonly file: string;
  readonly line: number | undefined;
}

/**
 * One rule applied to one column. The engine makes one layer of SELECT of the n-th steps of all columns, so `value`
 * may name the source's columns and this column's value after the step before, as `previous` says.
 */
export interface CompiledStep {
  readonly rule: RuleName;
  /** What all of the following may call by its name, computed once a row. */
  readonly read: { readonly name: Sql; readonly value: Sql } | undefined;
  readonly value: Sql;
  /** A LEFT JOIN this step needs: lookup name and condition. At most one row may match. */
  readonly join: { readonly lookup: string; readonly on: Sql } | undefined;
  /** When true the row is rejected, with this reason (an SQL text expression that holds no value of the data). */
  readonly reject: { readonly when: Sql; readonly reason: Sql } | undefined;
  /** When true the row is flagged. */
  readonly flag: Sql | undefined;
  /** Whether a difference before/after belongs into changes.csv.gz. */
  readonly logsChanges: boolean;
}

export interface CompiledColumn {
  readonly name: string;
  /** The first value, over the source's columns; undefined for `flagged`, which the engine fills in from all flags. */
  readonly start: Sql | undefined;
  readonly steps: readonly CompiledStep[];
  /** Frictionless type of the result: string, integer, number, boolean, date, datetime. */
  readonly type: string;
  /** Source columns of which the value is an injective function (equal value = equal columns), else undefined. */
  readonly injectiveOf: readonly string[] | undefined;
  readonly pii: boolean;
  /** Whether a rule hides its values: then none of them stands in changes.csv.gz. */
  readonly concealed: boolean;
}

export interface CompiledTable {
  readonly lookups: readonly CompiledLookup[];
  readonly functions: readonly NodeFunction[];
  readonly patterns: readonly CompiledPattern[];
  /** A row for which `keep` is not true is filtered by that rule. */
  readonly filters: readonly { readonly rule: RuleName; readonly keep: Sql }[];
  readonly rejects: readonly { readonly rule: RuleName; readonly when: Sql; readonly reason: Sql }[];
  readonly columns: readonly CompiledColumn[];
}

/** How a step's SQL names its column's value after the step before (step 0: the start value). */
export function valueName(column: number, step: number): string {
  return `~${column}.${step}`;
}

/** How SQL names a lookup file's column: unlike every source column, which would be taken for it where the two meet. */
export function lookupColumn(name: string): string {
  return `~:${name}`;
}

/** SQL that calls a function of JavaScript. */
export function callOf({ name }: Pick<NodeFunction, "name">, ...values: readonly Sql[]): Sql {
  return sql`${identifier(name)}(${join(values, ", ")})`;
}
