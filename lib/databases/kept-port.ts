import type { Readable } from "node:stream";

/** Files beside the load's manifest: rows as they were before, and rows that the database refused. */
export type KeptFile = "undo" | "rejects";

/** Takes rows that are to outlive the load, as CSV without a header, and returns once the file is safe on the disk. */
export type KeepRows = (file: KeptFile, columns: readonly KeptColumn[], rows: Readable) => Promise<KeptRows>;

export interface KeptColumn {
  readonly name: string;
  /** The Frictionless type. */
  readonly type: string;
}

export interface KeptRows {
  /** Its name in the load's folder. */
  readonly file: string;
  /** SHA-256 of the content: how the target's ledger knows the file again. */
  readonly hash: string;
  readonly rowCount: number;
}

/** What a load kept to take itself back. */
export type Undo =
  /** The rows as they were, in a table of the schema waybill (`schema.table`). */
  | { readonly kind: "previous table"; readonly table: string; readonly rows: number }
  /** There were none. */
  | { readonly kind: "empty" }
  /** The rows that were changed, as they were before, in a file beside load's manifest. */
  | { readonly kind: "images"; readonly file: string; readonly hash: string; readonly rows: number };
