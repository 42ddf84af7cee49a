import type { Table } from "../mapping/migration.js";
import { privateColumns } from "../mapping/private-columns.js";
import { veiled } from "../model/hash.js";
import type { Manifest } from "../model/manifest.js";
import { addedColumns } from "../model/resource.js";
import type { ShownValue } from "./facts.js";

/** What of a table's rows may be shown. */
export interface Privacy {
  isPrivate(column: string): boolean;
  /** Whether any column is: then whole rows are not shown. */
  readonly any: boolean;
}

/**
 * The columns of a table that hold personal data: those marked `pii`, and what is made from the same columns of the source.
 * Where the source's columns are not known (an extract is gone, or a query made them) all are, as soon as one is marked.
 */
export function privacyOf(table: Table, extracts: readonly (Manifest | undefined)[]): Privacy {
  const marked = table.columns === "all" ? [] : table.columns.filter(({ pii }) => pii);
  if (marked.length === 0) return { isPrivate: () => false, any: false };
  const known = extracts.filter((one) => one !== undefined);
  if (table.query !== undefined || known.length === 0 || known.length < extracts.length)
    return { isPrivate: () => true, any: true };
  const { target } = privateColumns(table, known.flatMap(sourceColumns));
  return { isPrivate: (column) => target.has(column), any: true };
}

function sourceColumns(extract: Manifest): readonly { readonly name: string }[] {
  const added = addedColumns(extract);
  const fields = extract.resources.flatMap(({ schema }) => schema.fields);
  return fields.filter(({ name }) => !added.includes(name));
}

/** The value of a column, or of several ("a, b"); of a whole row, or that there is none, where `column` is null. */
export function shownValue({ isPrivate, any }: Privacy, column: string | null, value: string | null): ShownValue {
  if (column === null)
    return value === null ? { kind: "absent" } : any ? { kind: "hidden" } : { kind: "value", text: value };
  // NULL and the empty text tell of nobody, and which of them it is may be all the difference.
  const isHidden = column.split(", ").some(isPrivate);
  return value !== null && value !== "" && isHidden ? { kind: "hidden" } : { kind: "value", text: value };
}

/** A row's key in the target; `pairedBy` empty means that the key is the whole row. */
export function shownKey({ isPrivate, any }: Privacy, pairedBy: readonly string[], key: string | null): ShownValue {
  const isHidden = pairedBy.length === 0 ? any : pairedBy.some(isPrivate);
  return isHidden && key !== null ? { kind: "hash", text: veiled(key) } : { kind: "value", text: key };
}
