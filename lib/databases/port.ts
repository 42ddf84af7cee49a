import type { Readable } from "node:stream";
import type { Extract } from "../mapping/migration.js";
import type { Sql } from "../model/names.js";

/** Which database this is, without credentials: what a work directory is bound to. Equal identity = same database. */
export interface DatabaseIdentity {
  readonly product: "postgresql" | "mysql" | "mariadb";
  readonly version: string;
  /** Names the very database: server identity and database name. */
  readonly identity: string;
}

/** A column as the database's catalog describes it. */
export interface DatabaseColumn {
  readonly name: string;
  /** The database's own spelling, with length and scale: `numeric(10,2)`, `character varying(40)`. */
  readonly databaseType: string;
  /** What its values are checked as, where that is another type: of a domain its base, of an enum its words. */
  readonly valueType?: string;
  /** The Frictionless type: string, integer, number, boolean, date, datetime, time. */
  readonly type: string;
  readonly nullable: boolean;
  /** False where somebody looked: the column could, but in this snapshot no row of the extract holds NULL. */
  readonly holdsNull?: boolean;
  /** No COLLATE is needed to sort by bytes (text), or none is possible (numbers, dates, everything not text). */
  readonly sortsByBytes: boolean;
  /** Computed by the database: cannot be loaded. */
  readonly generated: boolean;
  readonly identity: boolean;
  /** The database fills it in where nothing is delivered. */
  readonly hasDefault: boolean;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** The parent as `schema.table`. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/** A table of a target. */
export interface DatabaseTable {
  /** `schema.table`, as the catalog spells it. */
  readonly qualifiedName: string;
  readonly kind: "table" | "partitioned table" | "view" | "materialized view" | "foreign table";
  readonly columns: readonly DatabaseColumn[];
  readonly primaryKey: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
}

/** What a source could promise about the state it was read in; it stands in every extract's manifest. */
export interface Snapshot {
  /** Equal ids = the same state of the data. */
  readonly id: string;
  readonly isolation: string;
  /** The position in the source's log: WAL position or binlog position. */
  readonly position: string;
  /** "consistent": all connections read this very state. */
  readonly consistency: "consistent" | "per-connection";
}

/** CSV without a header in Waybill's dialect, as it goes into a target. */
export type CsvStream = Readable;

/** One line of the target's ledger `waybill.loads`: it was committed together with the rows it speaks of. */
export interface LoadLine {
  /** The load generation: lines of an older one were replaced, or are about to be. */
  readonly generation: string;
  /** The part's file name, or `unit:<id>` for rows that were upserted one by one. */
  readonly part: string;
  /** SHA-256 of the part's content as transform's manifest states it. */
  readonly hash: string;
  readonly rowCount: number;
}

/** One file to be loaded, and what its manifest promises. */
export interface PartToLoad {
  readonly name: string;
  readonly hash: string;
  readonly rowCount: number;
  /** Opened when its turn comes; an error of the stream rolls the whole table back. */
  open(): CsvStream | Promise<CsvStream>;
}

/** What is to be replaced, before any file is opened. */
export interface Replacement {
  readonly migration: string;
  readonly table: string;
  /** The columns of the files, in their order. */
  readonly columns: readonly string[];
  /** `--confirm` named this migration: rows that no run of ours wrote may go. */
  readonly confirmed: boolean;
}

export interface ReplaceRequest extends Replacement {
  readonly generation: string;
  readonly parts: readonly PartToLoad[];
}

export interface ReplaceOutcome {
  /** Rows that were there before, all of them replaced. */
  readonly before: number;
  readonly loaded: number;
  /** What a person should know, for example triggers that ran. */
  readonly warnings: readonly string[];
}

export interface UpsertRequest {
  readonly migration: string;
  readonly table: string;
  /** Names the unit in the ledger. */
  readonly unit: string;
  readonly columns: readonly string[];
  /** The columns that name a row; the target must keep them unique. */
  readonly key: readonly string[];
  readonly part: PartToLoad;
}

/** What upserting did; a row counts as unchanged when the target had every value already. */
export interface UpsertOutcome {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** An index or constraint that stands aside while a table is loaded. */
export interface Definition {
  /** The table it belongs to, as `schema.table`. */
  readonly table: string;
  readonly kind: "index" | "constraint" | "foreign key";
  readonly name: string;
}

/** A sequence and the value it was moved to, so that the next one is past the column's maximum. */
export interface MovedSequence {
  readonly sequence: string;
  readonly column: string;
  readonly value: string;
}

/**
 * What load needs of a database. Order of a load: lock, ensureLedger, saveAndDrop for all tables, then per table
 * replace, rebuildIndexes, afterLoad, and restore at the very end, also when something failed and when nothing was to
 * be loaded: it brings back what a crashed run left as well. Restored any earlier, a foreign key could stand in the way.
 */
export interface Target {
  readonly identity: DatabaseIdentity;
  describe(table: string): Promise<DatabaseTable>;
  rowCount(table: string): Promise<number>;
  /** Keeps a second run of this migration away from this target until close. Throws "temporary" naming the holder. */
  lock(migration: string): Promise<void>;
  /** Creates the ledger `waybill` where it is not there yet. */
  ensureLedger(): Promise<void>;
  /** The ledger's lines for a table; none where there is no ledger yet. */
  linesOf(migration: string, table: string): Promise<readonly LoadLine[]>;
  /** Throws whatever `replace` would refuse before the first row: foreign rows, rules, columns. Changes nothing. */
  assertReplaceable(replacement: Replacement): Promise<void>;
  /** Saves the definitions of secondary indexes, unique constraints and foreign keys, then drops them. */
  saveAndDrop(migration: string, tables: readonly string[]): Promise<readonly Definition[]>;
  /** All rows of a table in exchange for those of the parts, in one transaction, or nothing. */
  replace(request: ReplaceRequest): Promise<ReplaceOutcome>;
  /**
   * Upserts the rows of several tables in one transaction: group by group in the order given, and of one group all at
   * once, as foreign keys in a ring demand. One outcome for each request.
   */
  upsertAll(groups: readonly (readonly UpsertRequest[])[]): Promise<readonly UpsertOutcome[]>;
  /** Restores what was saved for one table, except foreign keys. */
  rebuildIndexes(migration: string, table: string): Promise<readonly Definition[]>;
  /** Restores everything saved for the migration, foreign keys last, whichever run saved it. */
  restore(migration: string): Promise<readonly Definition[]>;
  /** Moves sequences past the maximum of their columns and refreshes the planner's statistics. */
  afterLoad(table: string): Promise<readonly MovedSequence[]>;
  close(): Promise<void>;
}

/** An extract as the source describes it, settled: which columns, which of them name a row, in which order rows come. */
export interface SourceTable {
  readonly columns: readonly DatabaseColumn[];
  /** The columns that name a row: declared, or the primary key, or all of them. */
  readonly key: readonly string[];
  readonly keyKind: "declared" | "primary" | "whole row";
  /** No two rows can share a key: the catalog says so. */
  readonly keyIsUnique: boolean;
  /** An index delivers the rows in key order, so that the edges of parts are found without sorting. */
  readonly keyIsIndexed: boolean;
}

/** Which rows of an extract: all of them, or those a unit (`--key`, `--sample`) needs. */
export type Selection =
  | { readonly kind: "all" }
  | { readonly kind: "key"; readonly values: Readonly<Record<string, string | null>> }
  | {
      readonly kind: "keys";
      readonly columns: readonly string[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | { readonly kind: "sample"; readonly rowCount: number }
  | {
      /** Rows whose columns hold the same values as some row of another extract's selection. */
      readonly kind: "matching";
      readonly columns: readonly string[];
      readonly of: Extract;
      readonly table: SourceTable;
      readonly otherColumns: readonly string[];
      readonly selection: Selection;
    }
  | {
      /** Rows whose columns have these texts, whatever their types: values that come from another database. */
      readonly kind: "texts";
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: "any"; readonly of: readonly Selection[] };

/** One part of an extract: a stretch of its key, or of a date column. */
export interface PartRange {
  readonly where: Sql;
}

/** Rows on their way out of the source, as CSV in Waybill's dialect without a header. */
export interface CopyOut {
  readonly rows: Readable;
  /** The row count the server states; ask after `rows` has ended. */
  serverRowCount(): Promise<number>;
}

/** A source opened for reading: everything it says is of one snapshot. It never writes. */
export interface Source {
  readonly identity: DatabaseIdentity;
  readonly snapshot: Snapshot;
  describe(extract: Extract): Promise<SourceTable>;
  /** Rows in the selection, by SELECT count(*) in the snapshot. */
  count(extract: Extract, table: SourceTable, selection: Selection): Promise<number>;
  /** Rows that the extract's `where` leaves out. */
  countLeftOut(extract: Extract): Promise<number>;
  /** The parts of an extract in order, found as they are asked for; their edges depend on the data alone. */
  ranges(extract: Extract, table: SourceTable): AsyncIterable<PartRange>;
  /** Hands the rows of one range to `take`, on a connection of its own. */
  copy(request: CopyRequest, take: (copy: CopyOut) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface CopyRequest {
  readonly extract: Extract;
  readonly table: SourceTable;
  /** undefined: all rows. */
  readonly range: PartRange | undefined;
  readonly selection: Selection;
}
