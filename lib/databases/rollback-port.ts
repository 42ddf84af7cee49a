import type { Readable } from "node:stream";
import type { Checksum } from "../model/checksum.js";
import type { KeptColumn, Undo } from "./kept-port.js";
import type { DatabaseIdentity } from "./port.js";
import type { CsvStream, Definition, Generation } from "./target-port.js";

/** Which load of a table: the latest of a whole transform, or that of a unit. */
export interface LoadOf {
  readonly migration: string;
  readonly table: string;
  readonly unit: string | undefined;
}

/** What the target's ledger says of a table's latest load. */
export type LastLoad =
  | { readonly kind: "none" }
  | {
      readonly kind: "there";
      readonly generation: Generation;
      readonly undo: Undo | undefined;
      /** Loads that changed the table after it, the latest last: they would have to go first. */
      readonly later: readonly LaterLoad[];
    }
  | { readonly kind: "taken back"; readonly generation: Generation; readonly outcome: TakenBack };

export interface LaterLoad {
  readonly migration: string;
  readonly generation: string;
}

/** What others did to a table's rows after they were loaded. */
export interface Changes {
  /** Rows that others wrote: changed, or (where all rows of the table are the load's) added. */
  readonly written: number;
  /** Rows of the load that are not there as they were: changed or deleted. */
  readonly gone: number;
  /** The database says that rows are others than were loaded, not which: then all that are there count as written. */
  readonly whichUnknown?: true;
  /** The keys of the first few that were written, as the server writes them; several columns as a JSON list. */
  readonly keys: readonly string[];
}

/** A file of rows that others had written, saved before they went. */
export interface SavedChanges {
  readonly file: string;
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly rowCount: number;
  readonly columns: readonly KeptColumn[];
}

/** Asked where others changed rows: saves them as they are now, or throws, and nothing is taken back. */
export type OnChanges = (changes: Changes, rows: () => ChangedRows) => Promise<SavedChanges>;

/** Rows for a file of changes: what happened to each (`_change`), and its values as they are now. */
export interface ChangedRows {
  readonly columns: readonly KeptColumn[];
  readonly rows: Readable;
}

/** Rows as they were before a load, out of a file that was proved. */
export interface Images {
  /** As the file's header names them. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  open(): CsvStream;
}

export interface TakeBackRequest {
  readonly migration: string;
  readonly table: string;
  /** The generation that `lastLoad` named: should another be the latest by now, nothing is taken back. */
  readonly generation: string;
  readonly unit: string | undefined;
  /** The columns that name a row. */
  readonly key: readonly string[];
  /** Needed where the load kept images. */
  readonly images: Images | undefined;
  readonly onChanges: OnChanges;
}

/** What taking a load back did; the ledger remembers it. */
export interface TakenBack {
  /** Rows that the table held before, and holds now. */
  readonly before: number;
  readonly after: number;
  /** Rows that were put back as they had been. */
  readonly restored: number;
  /** Rows of the load that went. */
  readonly removed: number;
  /** Of the rows that were put back: of those that were kept, and proved to be that of those in the table now. */
  readonly checksum: Checksum;
  readonly changes: Pick<Changes, "written" | "gone">;
  readonly saved: SavedChanges | undefined;
}

/** Rows that came back, and those of the load that went. */
export type CameBack = Pick<TakenBack, "restored" | "removed" | "checksum">;

/**
 * What rollback needs of a target. All that is taken back in one call is one transaction: rows that refer to one another
 * are as they were when they come back together, and in no order one by one.
 */
export interface RollbackTarget {
  readonly identity: DatabaseIdentity;
  /** The columns that name a row of the table, as the catalog says. */
  primaryKey(table: string): Promise<readonly string[]>;
  /** As load's: throws "temporary" naming the holder. */
  lock(migration: string, tables: readonly string[]): Promise<void>;
  lastLoad(of: LoadOf): Promise<LastLoad>;
  /** What others changed since, without any lock; undefined where only taking back could tell. Changes nothing. */
  changesSince(of: LoadOf, key: readonly string[]): Promise<Changes | undefined>;
  /** One outcome for each request; throws and changes nothing where one of them cannot be fulfilled. */
  takeBack(requests: readonly TakeBackRequest[]): Promise<readonly TakenBack[]>;
  /** Brings back whatever an interrupted load left aside. */
  restore(migration: string): Promise<readonly Definition[]>;
  /** Refreshes the planner's statistics. */
  afterTakingBack(tables: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
