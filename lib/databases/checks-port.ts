import type { Aggregate, ExpectedTest } from "../mapping/expectations.js";
import type { Buckets } from "./buckets-port.js";
import type { CopyOut, DatabaseIdentity, DatabaseTable, StructureObject } from "./port.js";
import type { PartToLoad } from "./target-port.js";

/**
 * A target as validate sees it. It writes nothing: rows that are brought in stand in temporary tables that are gone when
 * the transaction ends, and everything beyond them is forbidden to the session by the server itself.
 */
export interface Checks {
  readonly identity: DatabaseIdentity;
  /** Checks one table in one transaction, whose every answer is of one state of the target. */
  checkTable<Result>(request: CheckRequest, work: (table: CheckedTable) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface CheckRequest {
  readonly table: string;
  /** The columns of the parts, in their order: what is compared. */
  readonly columns: readonly string[];
  /** The columns that name a row, where the specification says so; else the target's primary key does. */
  readonly key: readonly string[] | undefined;
  /** Rows of the target that are in no part are differences; not so for a unit, which is one of many. */
  readonly allRows: boolean;
  readonly parts: readonly PartToLoad[];
}

/** Which rows the target is compared with: those of the parts, or a sample mapped anew from the source. */
export type ExpectedRows = "parts" | "sample";

/** What comparing found. `expected = equal + missing + changed`, and with all rows `actual = equal + extra + changed`. */
export interface Comparison {
  readonly of: ExpectedRows;
  readonly expected: number;
  readonly actual: number;
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
  /** In how many changed rows each column differs; columns that never do are left out. */
  readonly columns: Readonly<Record<string, number>>;
  /** The columns by which rows were paired; none: rows were compared whole, and how often each occurs. */
  readonly pairedBy: readonly string[];
}

/** A reference from columns of the checked table to columns of a parent. */
export interface Reference {
  readonly columns: readonly string[];
  /** As the specification or the catalog writes it. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/** A group counts as differing when one side lacks it or a measure of it differs. */
export interface AggregateComparison {
  readonly groups: number;
  readonly differing: number;
}

/** What a test came to: numbers and spans of time, never a value of the data. */
export interface TestAnswer {
  readonly holds: boolean;
  readonly expected: string | number;
  readonly actual: string | number;
}

/** One table of the target, and beside it the rows that are expected in it, all as the target's types see them. */
export interface CheckedTable {
  readonly description: DatabaseTable;
  /** Why what others write meanwhile may show in the answers; not there: it does not. */
  readonly notOfOneState?: string;
  /** Why no rows can be brought in to be compared with, for example a missing privilege: `compare` throws where many differ. */
  readonly takesNoRows?: string;
  /** Its rows as checksums; a text says why this table has none. Not there: this database knows none. */
  readonly buckets?: Buckets | string;
  /**
   * Compares every row: as it is read, byte by byte, where that pairs most of them, else beside rows that are brought in. Values
   * are equal when the column's type says so, texts when their characters are.
   */
  compare(): Promise<Comparison>;
  /** Compares the rows of one more file with those of the same key. */
  compareSample(part: PartToLoad): Promise<Comparison>;
  /** The same of a few rows of texts, in the columns asked for, where `takesNoRows`: nothing temporary is made. */
  compareGiven?(rows: readonly (readonly (string | null)[])[]): Promise<Comparison>;
  /** CSV: kind, key, column, expected, actual; in the order of the key, `limit` lines at the most. */
  differences(comparison: Comparison, limit: number): CopyOut;
  /**
   * CSV: the rows of the target that have the key of an expected one, as its types print them, in the columns asked for;
   * in the order of the key. For a comparison that paired rows by one.
   */
  pairedRows(comparison: Comparison, limit: number): CopyOut;
  compareAggregate(aggregate: Aggregate): Promise<AggregateComparison>;
  /** Asks what a test of the specification asks. */
  answer(test: ExpectedTest): Promise<TestAnswer>;
  /** The rows of a SELECT in the target's SQL. */
  select(select: string): Promise<{ readonly columns: readonly string[]; readonly rows: CopyOut }>;
  /** Rows that refer to a parent that is not there. */
  countOrphans(reference: Reference): Promise<number>;
  /** CSV as of `differences`: kind "orphan", the columns that refer, "a row of <parent>", the value; `limit` lines at the most. */
  orphans?(reference: Reference, limit: number): Promise<CopyOut>;
  /** What the catalog says of the table beside its rows. Without it, the checks of the schema are skipped. */
  structure?(): Promise<readonly StructureObject[]>;
}

/** The columns of the lines that `differences` gives. */
export const differenceColumns = ["kind", "key", "column", "expected", "actual"] as const;
