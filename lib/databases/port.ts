import type { Readable } from "node:stream";

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
  /** The Frictionless type: string, integer, number, boolean, date, datetime, time. */
  readonly type: string;
  readonly nullable: boolean;
  /** No COLLATE is needed to sort by bytes (text), or none is possible (numbers, dates, everything not text). */
  readonly sortsByBytes: boolean;
  /** Computed by the database: cannot be loaded. */
  readonly generated: boolean;
  readonly identity: boolean;
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
