import type { Sql } from "../model/names.js";
import type { LostKeys, SelfReferring } from "./lost-rows.js";
import type { LostParents } from "./rejects-port.js";

/** What the server has against a row, word for word, values of the data among them: only for files that hold such. */
export interface Refusal {
  readonly code: string;
  readonly constraint: string | null;
  readonly message: string;
  /** Where the server says the row stands among those that were sent at once, counted from 1; a hint: not all errors tell. */
  readonly line: number | undefined;
}

/** What looking for refused rows needs of a database: one session, in which what was tried is undone. */
export interface QuarantineDatabase {
  execute(statement: Sql): Promise<unknown>;
  /** `schema.table`. */
  qualifiedName(table: string): Promise<string>;
  /** How the database refuses a row for what the row holds; undefined for every other failure. */
  refusalOf(error: unknown): Refusal | undefined;
  /** Leaves out parents that the target holds all the same, and references of which none is lost. */
  lostKeys(parents: readonly LostParents[]): Promise<readonly LostKeys[]>;
  /**
   * The keys of parents that rows of the table refer to and that are not there, of each reference. The rows that refer to
   * them are taken out, then the rows that refer to these, until no row is left that has lost its parent.
   */
  takeOutOrphans(referring: SelfReferring): Promise<readonly LostKeys[]>;
}
