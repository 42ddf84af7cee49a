import type { Level } from "../../../../lib/program/level.js";
import type { BeginningDatabase } from "../../../support/beginning.js";
import type { ByType, Change } from "./values.js";
import type { ValueType, WorldTable } from "./world.js";

/** A target that is changed behind the back of load, and the words that its SQL has for it. */
export interface Server {
  readonly tables: readonly WorldTable[];
  readonly database: BeginningDatabase;
  readonly levels: readonly Level[];
  /** How many changes are tried where nobody asks for more. */
  readonly mutationCount: number;
  readonly changes: ByType<readonly Change[]>;
  /** What stands where NULL stood. */
  readonly instead: ByType<string>;
  /** Behind it neither foreign keys nor triggers have a say. */
  readonly quietly: string;
  /** A value as a text, to be held against another one. */
  textOf(value: string): string;
  /** Whether a change of a value of this type, which is not NULL, makes another value of it. */
  differs(change: { readonly to: string; readonly column: string; readonly type: ValueType }): string;
  /** A condition that only one row meets, and the values of its key as a JSON list of texts. */
  readonly row: Readonly<Record<"place" | "keys", (table: WorldTable) => string>>;
  /** What an INSERT with numbers of its own needs. */
  readonly overriding: string;
  /** Changes of what a table is beside its rows. */
  objectMutations(table: string): readonly ObjectMutation[];
  /** Statements that change how rows and objects are kept, and nothing that they mean; each runs by itself. */
  rewritings(database: string): readonly (readonly string[])[];
}

/** A change of what a table is beside its rows, and the check that must say so. */
export interface ObjectMutation {
  readonly table: string;
  readonly what: string;
  readonly sql: string;
  readonly check: string;
  /** What the check must have found. */
  readonly found: string;
}

/** What is done to a table, the SQL that does it, the check that says so and what it finds. */
export type ObjectChange = readonly [what: string, sql: string, check: string, found: string];

/** The changes of a table's objects. */
export function mutationsOf(table: string, changes: readonly ObjectChange[] = []): readonly ObjectMutation[] {
  return changes.map(([what, sql, check, found]) => ({ table, what, sql, check, found }));
}
