import type { z } from "zod";
import type { Sql } from "../../model/names.js";
import type { CompiledStep, NodeFunction, SourceColumn } from "../compiled.js";
import type { ColumnRule } from "../migration.js";
import type { Origin } from "../settled-origin.js";
import { sql } from "../sql.js";

/** What a rule knows when it is compiled: the column it stands on, and the SQL of the value before it. */
export interface RuleContext {
  readonly column: string;
  readonly previous: Sql;
  /** The name that stands for `read` of its effect. */
  readonly result: Sql;
  /** The name under which the rule may join a lookup; no other rule of the table has it. */
  readonly lookup: string;
  /** A source column by its name; one that the extract does not have is reported. */
  readonly source: (column: string) => SourceColumn;
  /** The Frictionless type that the rules before give every value there is; undefined where some are as they came. */
  readonly made: string | undefined;
}

/** What a rule makes of a value. `miss` is true for a value it cannot carry over; `otherwise` then decides. */
export interface RuleEffect {
  /** What is computed once a row, before the value and the miss, which call it by `result` of the context. */
  readonly read?: Sql;
  readonly value: Sql;
  readonly miss: Sql | undefined;
  /** Why a missed row is rejected, without any value of the data. */
  readonly reason: string;
  /** The reason where it depends on the row: SQL text over its columns and the value, which shows none of the data. */
  readonly reasonSql?: Sql;
  readonly join: CompiledStep["join"];
  /** The lookup file the join needs, and its columns. */
  readonly file?: { readonly path: string; readonly columns: readonly string[] };
  /** What the value calls that SQL has no word for. */
  readonly functions?: readonly NodeFunction[];
  /** The regular expressions it was given: the engine reads them before it reads a row. */
  readonly patterns?: readonly string[];
}

/** A file of the specification that a rule looks into: the columns that make its key, and those it takes values from. */
export interface LookupUse {
  readonly file: string;
  readonly key: readonly string[];
  readonly values: readonly string[];
  /** How the rule reads a key where not as it stands: keys that are read alike are one; undefined: nothing can equal it. */
  readonly readKey?: (key: string) => string | undefined;
}

/** One word of the column language: its file in this folder, and a line in all-rules.ts. */
export interface RuleDefinition {
  /** The key in YAML, and the second half of the rule's name. */
  readonly kind: string;
  /** What may stand behind the key. */
  readonly schema: z.ZodType;
  /**
   * "keeps": a value passes as it is or not at all; these run last. "changes": every value is carried over.
   * "translates": misses go to `otherwise:`.
   */
  readonly effect: "keeps" | "changes" | "translates";
  /** The Frictionless type of the result; "same" for a rule that makes NULL of values, or lets them pass. */
  readonly type: "same" | "string" | "integer" | "number" | "boolean" | "date" | "time" | "datetime";
  /** Why `otherwise` may not be this value, or undefined. */
  readonly otherwiseFault: (value: string | null, options: ColumnRule["options"]) => string | undefined;
  /** Whether it hides values: then no value of the column stands in changes.csv.gz. */
  readonly conceals: boolean;
  /** The environment variables that hold the keys it needs. */
  readonly secrets: (options: ColumnRule["options"]) => readonly string[];
  /** The files it looks into. */
  readonly lookups: (options: ColumnRule["options"]) => readonly LookupUse[];
  /**
   * What the rule does, as a data owner says it after the column's name: "read as a date DD/MM/YYYY". What becomes of a
   * value it cannot carry over, and why, is added for every rule alike.
   */
  readonly describe: (options: ColumnRule["options"]) => string;
  /** Where the value comes from in a column that names no origin, if the rule says it; else the column of that name. */
  readonly origin: (options: ColumnRule["options"]) => Origin | undefined;
  readonly compile: (options: ColumnRule["options"], context: RuleContext) => RuleEffect;
}

/** A rule as its file writes it: `options` have the type that `schema` gives them. */
export interface TypedRule<Schema extends z.ZodType>
  extends Omit<
    RuleDefinition,
    "schema" | "compile" | "describe" | "origin" | "lookups" | "secrets" | "conceals" | "otherwiseFault"
  > {
  readonly schema: Schema;
  readonly otherwiseFault?: (value: string | null, options: z.output<Schema>) => string | undefined;
  readonly conceals?: boolean;
  readonly secrets?: (options: z.output<Schema>) => readonly string[];
  readonly lookups?: (options: z.output<Schema>) => readonly LookupUse[];
  readonly describe: (options: z.output<Schema>) => string;
  readonly origin?: (options: z.output<Schema>) => Origin | undefined;
  readonly compile: (options: z.output<Schema>, context: RuleContext) => RuleEffect;
}

/** Puts a rule of its own type into the list of all rules. */
export function defineRule<Schema extends z.ZodType>(rule: TypedRule<Schema>): RuleDefinition {
  return {
    conceals: false,
    ...rule,
    // A ColumnRule's options were parsed by the schema of its kind: here they get their type back.
    otherwiseFault: (value, options) => rule.otherwiseFault?.(value, options as z.output<Schema>),
    secrets: (options) => rule.secrets?.(options as z.output<Schema>) ?? [],
    lookups: (options) => rule.lookups?.(options as z.output<Schema>) ?? [],
    describe: (options) => rule.describe(options as z.output<Schema>),
    origin: (options) => rule.origin?.(options as z.output<Schema>),
    compile: (options, context) => rule.compile(options as z.output<Schema>, context),
  };
}

/** The effect of a rule that carries every value over. */
export function carrying(value: Sql): RuleEffect {
  return { value, miss: undefined, reason: "", join: undefined };
}

/** The effect of a rule that reads text, once a row; what it cannot read, of which it makes NULL, is a miss. */
export function reading(read: Sql, { previous, result }: RuleContext, reason: string): RuleEffect {
  return { read, value: result, miss: sql`(${previous} IS NOT NULL AND ${result} IS NULL)`, reason, join: undefined };
}
