import type { Column, Table } from "./migration.js";

/** Names of source columns (those that steps make among them) and of target columns whose values are personal data. */
export interface PrivateColumns {
  readonly source: ReadonlySet<string>;
  readonly target: ReadonlySet<string>;
}

/**
 * What columns marked `pii` are made from is as personal as they are, and so is whatever else is made from it. A column
 * is taken to be made from every source column whose name stands anywhere in its origin or its rules, and what a custom
 * step makes from every column there is: a step sees whole rows. `sourceColumns` are those of the extracts.
 */
export function privateColumns(table: Table, sourceColumns: readonly { readonly name: string }[]): PrivateColumns {
  const columns = columnsOf(table);
  const made = table.steps.flatMap(({ adds, replaces }) => [...adds, ...replaces]);
  const names = [...sourceColumns.map(({ name }) => name), ...made];
  const marked = columns.filter(({ pii }) => pii);
  const named = names.filter((name) => marked.some((column) => mentions(column, name)));
  const isOfSteps = named.some((name) => made.includes(name));
  const source = new Set(isOfSteps ? names : named.length === 0 ? [] : [...named, ...made]);
  const touched = columns.filter((column) => column.pii || [...source].some((name) => mentions(column, name)));
  return { source, target: new Set(touched.map(({ name }) => name)) };
}

/** Whether one of these target columns is marked `pii`, so that messages show the hash of their values. */
export function holdsPrivate(table: Table, names: readonly string[]): boolean {
  return columnsOf(table).some(({ pii, name }) => pii && names.includes(name));
}

const columnsOf = ({ columns }: Table): readonly Column[] => (columns === "all" ? [] : columns);

function mentions({ origin, rules }: Column, name: string): boolean {
  const words = textsIn([origin, rules.map(({ options, onlyIf }) => [options, onlyIf])]);
  return words.some((text) => text.toLowerCase().includes(name.toLowerCase()));
}

/** Every text in a value of plain data; the names of its keys are not among them. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
