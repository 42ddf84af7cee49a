import type { Readable } from "node:stream";
import type { KeepRows, Undo } from "./kept-port.js";
import type { DatabaseIdentity, DatabaseTable, Storage, StructureObject } from "./port.js";
import type { RejectSettings } from "./rejects-port.js";
import type { Aspect } from "./table-aspects.js";

/** CSV without a header in Waybill's dialect, as it goes into a target. */
export type CsvStream = Readable;

/** How a table's rows come in: in exchange for all that are there, over those of the same key, or beside them. */
export type LoadMode = "replace" | "upsert" | "insert";

/**
 * The way there. "swap": built beside the live table, which it then takes the place of. "in place": the table is emptied
 * and filled in one transaction. "merge": through a staging table, by one statement.
 */
export type LoadWay = "swap" | "in place" | "merge";

/** One line of the target's ledger `waybill.loads`: it was committed together with the rows it speaks of. */
export interface LoadLine {
  /** The load generation: each transform's output opens one, and `unit:<id>` each unit. */
  readonly generation: string;
  /** The part's file name, or `unit:<id>` for rows that were upserted one by one. */
  readonly part: string;
  /** SHA-256 of the part's content as transform's manifest states it. */
  readonly hash: string;
  readonly rowCount: number;
}

/** What a load did to a table's rows. */
export interface LoadCounts {
  /** Rows that were there before. */
  readonly before: number;
  /** Rows that are ours now and were not there; in mode "replace" all of them. */
  readonly inserted: number;
  readonly updated: number;
  /** Rows of the files that the table held already, value for value. */
  readonly unchanged: number;
  /** Rows of the files that the database refused. */
  readonly quarantined: number;
  /** Rows that are there afterwards. */
  readonly after: number;
}

/** One load of a table as the target remembers it: a line of `waybill.generations`. */
export interface Generation {
  readonly name: string;
  readonly mode: LoadMode;
  readonly way: LoadWay;
  /** "open": parts arrive beside the table. "live": its rows are in it. "replaced": by a later one. "taken back": by rollback. */
  readonly state: "open" | "live" | "replaced" | "taken back";
  /** Zeros while it is open. */
  readonly counts: LoadCounts;
  /** What it kept to take itself back, if anything. */
  readonly undo: Undo | undefined;
}

/** What the target's ledger says of a table and of one generation of it. */
export interface Standing {
  /** undefined where it was never opened here. */
  readonly generation: Generation | undefined;
  /** The generation's lines, by part. */
  readonly lines: readonly LoadLine[];
  /** How many rows later generations (units, mostly) have added to those that the generation left. */
  readonly addedSince: number;
  /** How many other whole generations of this migration are in the table. */
  readonly others: number;
}

/** One file to be loaded, and what its manifest promises. */
export interface PartToLoad {
  readonly name: string;
  readonly hash: string;
  readonly rowCount: number;
  /** Opened when its turn comes, again when it has to be tried again; an error of the stream keeps its rows out. */
  open(): CsvStream | Promise<CsvStream>;
}

/** What is to be loaded, before any file is opened. */
export interface LoadCheck {
  readonly migration: string;
  readonly table: string;
  readonly mode: LoadMode;
  /** The columns of the files, in their order. */
  readonly columns: readonly string[];
  /** The columns that name a row in modes "upsert" and "insert"; the target must keep them unique. */
  readonly key: readonly string[];
  /** Values of the key are personal data: messages show their hash. */
  readonly hidesKey: boolean;
  /** How many rows the files hold. */
  readonly rowCount: number;
  /** The specification wants the live table itself filled, never another in its place. */
  readonly inPlace: boolean;
  /** "keep": triggers of the users run for the rows that are written; else they stand aside. */
  readonly triggers: "aside" | "keep";
  /** `--confirm` named this migration: rows that no run of ours wrote may go. */
  readonly confirmed: boolean;
  /** What becomes of rows that the target refuses. */
  readonly onReject: RejectSettings["on"];
}

export interface LoadRequest extends LoadCheck {
  /** As `chooseWay` said, before anything stood aside. */
  readonly way: LoadWay;
  readonly generation: string;
  readonly parts: readonly PartToLoad[];
  /** How many parts may arrive at once, each over a connection of its own. */
  readonly jobs: number;
  readonly rejects: RejectSettings;
  readonly keep: KeepRows;
  readonly beforeCommit: BeforeCommit;
}

/**
 * Called inside the transaction that changes the table, once nothing is left that could refuse it: what an older load
 * left beside its manifest goes now, and no sooner. Called again where the transaction is tried again.
 */
export type BeforeCommit = () => Promise<void>;

export interface LoadOutcome {
  readonly way: LoadWay;
  readonly counts: LoadCounts;
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
  readonly hidesKey: boolean;
  readonly triggers: LoadRequest["triggers"];
  readonly part: PartToLoad;
  readonly keep: KeepRows;
  readonly beforeCommit: BeforeCommit;
}

/** What upserting did; a row counts as unchanged when the target had every value already. */
export interface UpsertOutcome {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** An index, constraint or trigger that stands aside while a table is loaded. */
export interface Definition {
  /** The table it belongs to, as `schema.table`. */
  readonly table: string;
  readonly kind: "index" | "constraint" | "foreign key" | "trigger";
  readonly name: string;
}

/** A table whose definitions are to stand aside. */
export interface Aside {
  readonly table: string;
  /** "all": indexes and unique constraints too. */
  readonly which: "foreign keys" | "all";
}

/** A sequence and the value it was moved to, so that the next one is past the column's maximum. */
export interface MovedSequence {
  readonly sequence: string;
  readonly column: string;
  readonly value: string;
}

/** The way a table will be loaded, and why, where it is not the first choice. */
export interface ChosenWay {
  readonly way: LoadWay;
  readonly because: string | undefined;
  /** What must stand aside for it; undefined: nothing. */
  readonly aside: Aside["which"] | undefined;
}

/** A table that is about to be loaded, and the way chosen for it. */
export interface PlannedLoad {
  readonly check: LoadCheck;
  readonly chosen: ChosenWay;
}

/**
 * What load needs of a database. Order of a load: lock, chooseWay, assertReady and assertLoadable for all tables,
 * ensureLedger, saveAndDrop for all, then per table load, rebuildIndexes, afterLoad, and restore at the very end, also when something
 * failed and when nothing was to be loaded: it brings back what a crashed run left as well. Restored any earlier, a
 * foreign key could stand in the way.
 */
export interface Target {
  readonly identity: DatabaseIdentity;
  describe(table: string): Promise<DatabaseTable>;
  /** All that the catalog says of a table but its rows, with the foreign keys that refer to it: compared before and after. */
  aspects?(table: string): Promise<readonly Aspect[]>;
  rowCount(table: string): Promise<number>;
  /**
   * Keeps other runs of this migration away from this target, and any run of Waybill from these tables, until close.
   * Throws "temporary" naming the holder.
   */
  lock(migration: string, tables: readonly string[]): Promise<void>;
  /** Creates the ledger `waybill` where it is not there yet. */
  ensureLedger(): Promise<void>;
  /** What the ledger says; nothing where there is no ledger yet. */
  standing(migration: string, table: string, generation: string): Promise<Standing>;
  /** Decides the way a table will be loaded from what depends on it. Changes nothing. */
  chooseWay(check: LoadCheck): Promise<ChosenWay>;
  /**
   * Throws what keeps all these loads from beginning, said at once: privileges that are missing ("forbidden"), a server
   * that only reads, somebody else who writes the tables ("temporary"). Changes nothing.
   */
  assertReady(loads: readonly PlannedLoad[]): Promise<void>;
  /** Where the tables are kept, as far as the server says so. */
  storage(tables: readonly string[]): Promise<readonly Storage[]>;
  /** Throws whatever `load` would refuse before the first row: foreign rows, rules, columns. Changes nothing. */
  assertLoadable(check: LoadCheck): Promise<void>;
  /** Saves definitions, then drops them. */
  saveAndDrop(migration: string, tables: readonly Aside[]): Promise<readonly Definition[]>;
  /** Loads a table: all of it becomes visible in one transaction, or nothing. */
  load(request: LoadRequest): Promise<LoadOutcome>;
  /**
   * Upserts the rows of several tables in one transaction: group by group in the order given, and of one group all at
   * once, as foreign keys in a ring demand. One outcome for each request.
   */
  upsertAll(groups: readonly (readonly UpsertRequest[])[]): Promise<readonly UpsertOutcome[]>;
  /** Restores what was saved for one table, except foreign keys. */
  rebuildIndexes(migration: string, table: string): Promise<readonly Definition[]>;
  /** Restores everything saved for the migration, foreign keys last, whichever run saved it. */
  restore(migration: string): Promise<readonly Definition[]>;
  /** Moves sequences past the maximum of their columns, and refreshes the planner's statistics where many rows were `written` since. */
  afterLoad(table: string, written: number): Promise<readonly MovedSequence[]>;
  /** What the catalog says of a table beside its rows: load records it when all is restored, validate looks whether it is still so. */
  structure?(table: string): Promise<readonly StructureObject[]>;
  close(): Promise<void>;
}
