import type { Readable } from "node:stream";
import type { Extract } from "../mapping/migration.js";
import type { RowDigest } from "../model/checksum.js";
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
  /** The character set its text is stored in, where that is a column's own affair. */
  readonly characterSet?: string;
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

/** Something that belongs to a table beside its rows, in its database's own words: names and definitions, no values. */
export interface StructureObject {
  readonly kind: "column" | "constraint" | "foreign key" | "index" | "trigger" | "sequence";
  readonly name: string;
  /** With its state: an index that is not valid, or a trigger that is disabled, reads otherwise. */
  readonly definition: string;
  /** What keeps it from doing its work, whoever left it so: "it is not valid", "its next value is not above …". */
  readonly flaw?: string;
  /** What could not be asked of it, and what would have to be granted. Without a name it speaks of all of its kind. */
  readonly unknown?: string;
}

/** Where a server keeps a table, by its own account. */
export interface Storage {
  readonly table: string;
  readonly folder: string;
  /** The folder is one of this very machine if this file begins with these bytes. */
  readonly proof: { readonly path: string; readonly begins: Uint8Array };
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
  /** The position as global transaction ids, where the source has them. */
  readonly gtid?: string;
  /** How several connections came to read one state, where there is more than one way. */
  readonly reached?: "global read lock" | "binlog position" | "table locks" | "one connection";
  /** Tables whose storage knows no transactions: what is written to them meanwhile may show. */
  readonly notCovered?: readonly string[];
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
  /** How many values of each column were no text, and were mended as the extract's `invalid_text` says; nothing: none. */
  mended?(): Readonly<Record<string, number>>;
}

/** A source opened for reading: everything it says is of one snapshot. It never writes. */
export interface Source {
  readonly identity: DatabaseIdentity;
  readonly snapshot: Snapshot;
  /** What its sessions are pinned to, as manifests state it. */
  readonly session: Readonly<Record<string, string | number>>;
  /** What its server computes as the checksum of a row. */
  readonly rowDigest: RowDigest;
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
