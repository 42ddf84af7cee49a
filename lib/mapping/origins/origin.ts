import type { z } from "zod";
import type { ExtractName, Sql, TableName } from "../../model/names.js";
import type { CompiledColumn, SourceColumn } from "../compiled.js";
import type { RuleDefinition } from "../rules/rule.js";
import type { Origin, PlainOrigin } from "../settled-origin.js";

/** Stands among the columns that a value is a function of where the extract decides too. No column has this name. */
export const ownExtract = "~extract";

/** What an origin knows when it is compiled. `source` names a column of the extract, or reports that there is none. */
export interface OriginContext {
  readonly migrationId: string;
  /** Of which extract the rows are. */
  readonly extract: ExtractName;
  readonly source: (column: string) => SourceColumn;
}

/** The first value of a column; the fields are those of CompiledColumn. */
export interface CompiledOrigin extends Pick<CompiledColumn, "type" | "injectiveOf"> {
  readonly start: Sql | undefined;
  /** Source columns of which the value is an injective function wherever it is not NULL. */
  readonly injectiveOfPresent?: readonly string[];
}

/** One way a target column gets its first value: its file in this folder, and a line in all-origins.ts. */
export interface OriginDefinition {
  /** The key in YAML. */
  readonly kind: PlainOrigin["kind"];
  readonly schema: z.ZodType;
  /** Whether rules may follow. */
  readonly takesRules: boolean;
  /** A rule that goes with the origin, before all that are written, with the origin as its options. It has its kind. */
  readonly check?: RuleDefinition;
  readonly settle: (value: unknown, table: TableName) => Origin;
  /** Where the value comes from, as a data owner says it after the column's name: "from registration_date". */
  readonly describe: (origin: PlainOrigin) => string;
  readonly compile: (origin: PlainOrigin, context: OriginContext) => CompiledOrigin;
}

type OriginOf<Kind> = PlainOrigin & { readonly kind: Kind };

/** An origin as its file writes it, with the types of its own kind. */
export interface TypedOrigin<Kind extends PlainOrigin["kind"], Schema extends z.ZodType> {
  readonly kind: Kind;
  readonly schema: Schema;
  readonly takesRules: boolean;
  readonly check?: RuleDefinition;
  readonly settle: (value: z.output<Schema>, table: TableName) => Origin;
  readonly describe: (origin: OriginOf<Kind>) => string;
  readonly compile: (origin: OriginOf<Kind>, context: OriginContext) => CompiledOrigin;
}

/** Puts an origin of its own type into the list of all origins. */
export function defineOrigin<Kind extends PlainOrigin["kind"], Schema extends z.ZodType>(
  origin: TypedOrigin<Kind, Schema>,
): OriginDefinition {
  return {
    ...origin,
    // The value was parsed by the schema of this kind, and `compile` is looked up by `kind`: here they get their types back.
    settle: (value, table) => origin.settle(value as z.output<Schema>, table),
    describe: (settled) => origin.describe(settled as OriginOf<Kind>),
    compile: (settled, context) => origin.compile(settled as OriginOf<Kind>, context),
  };
}
