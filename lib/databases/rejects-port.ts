import type { KeptColumn, KeptRows } from "./kept-port.js";

/** What becomes of rows that the database refuses. */
export interface RejectSettings {
  /** "fail": such a row ends the load. "quarantine": it is put aside. Either way nothing of the table is half done. */
  readonly on: "fail" | "quarantine";
  /** With more rows than these put aside, the load ends in "difference". */
  readonly atMost: number;
  /** Where rows of this table refer to others that were put aside; a parent that is in the target all the same counts as there. */
  readonly parents: readonly LostParents[];
  /** Tables of this run whose turn comes after this one's: what refers to them cannot be judged yet. */
  readonly later: readonly string[];
  /** Said to people while the table is loaded. */
  tell(words: string): void;
  /** Rows that are missing from the parts because they were put aside: the generation counts them. */
  readonly aside: KeptRows | undefined;
}

/** Columns that refer to another table, or to the table itself. */
export interface ParentReference {
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}

/** Parents that were put aside: the texts of `parentColumns`, a list for each. */
export interface LostParents extends ParentReference {
  readonly values: readonly (readonly (string | null)[])[];
}

/** The columns of the file of rows put aside, before those of the table. */
export const quarantineColumns: readonly KeptColumn[] = [
  { name: "_part", type: "string" },
  { name: "_row", type: "integer" },
  { name: "_key", type: "string" },
  { name: "_code", type: "string" },
  { name: "_constraint", type: "string" },
  { name: "_message", type: "string" },
];
