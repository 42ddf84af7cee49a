// What holds of children whose parent is put aside:
// 1. A parent counts as lost only when the target holds no row of its key: of two rows of one key the other may be there.
// 2. Values are compared as the texts that stand in the parts, as transform compares them.
import { decodeRow } from "../model/csv-dialect.js";
import type { Sql } from "../model/names.js";
import { recordBatches } from "../model/record-batches.js";
import { recordEnds } from "../model/record-scanner.js";
import type { ParentReference } from "./rejects-port.js";
import type { PartToLoad } from "./target-port.js";

type Values = readonly (string | null)[];

/** Columns that refer to a parent, and the keys of those parents that are lost. */
export interface LostKeys extends ParentReference {
  readonly keys: ReadonlySet<string>;
  /** The foreign key that no row of these may contradict, where the parents are not put aside but nowhere. */
  readonly broken?: BrokenReference;
}

/** A foreign key that the server would have named, and the code it says this with. */
export interface BrokenReference {
  readonly constraint: string;
  readonly code: string;
}

/** A row that refers to a lost parent. */
export interface LostRow {
  readonly part: string;
  readonly row: number;
  readonly record: string;
  readonly why: LostParent;
}

/** Why a row cannot be taken for a parent's sake. */
export interface LostParent {
  readonly message: string;
  readonly broken: BrokenReference | undefined;
}

/** A table whose rows refer to others, and the keys of its rows that were put aside, for each reference. */
export interface SelfReferring {
  readonly table: Sql;
  readonly references: readonly SelfReference[];
}

export interface SelfReference extends ParentReference {
  /** "all": every row must have its parent, as a foreign key demands. Else these keys alone are looked for. */
  readonly demands: "all" | readonly string[];
  readonly broken?: BrokenReference;
}

/** Several values as one text: a list in JSON. */
export function keyText(values: Values): string {
  return `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}

/** Why a row of these columns cannot be taken for its parents' sake; undefined: it can be. */
export function lostParentIn(
  columns: readonly string[],
  lost: readonly LostKeys[],
): (row: Values) => LostParent | undefined {
  const readers = lost.map((one) => ({ ...one, places: one.columns.map((name) => columns.indexOf(name)) }));
  return (row) => {
    for (const { places, keys, parent, broken } of readers) {
      const values = places.map((place) => row[place] ?? null);
      if (!keys.has(keyText(values))) continue;
      const of = `its parent ${parent} ${values.join(", ")}`;
      const message =
        broken === undefined ? `${of} is quarantined` : `${of} is not there (foreign key ${broken.constraint})`;
      return { message, broken };
    }
    return undefined;
  };
}

/** The rows of parts that refer to a lost parent, one after another. */
export async function* rowsOfLostParents(
  parts: readonly PartToLoad[],
  columns: readonly string[],
  lost: readonly LostKeys[],
): AsyncGenerator<LostRow> {
  const lostParent = lostParentIn(columns, lost);
  for (const part of parts) {
    for await (const { csv, firstRow } of recordBatches(await part.open())) {
      let start = 0;
      for (const [index, end] of recordEnds(csv).entries()) {
        const record = csv.toString("utf8", start, end);
        const why = lostParent(decodeRow(record));
        if (why !== undefined) yield { part: part.name, row: firstRow + index + 1, record, why };
        start = end;
      }
    }
  }
}
