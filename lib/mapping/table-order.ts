import type { Table } from "./migration.js";

/** Tables in an order that can be loaded, or the ring of tables that refer to one another and have none. */
export type TableOrder =
  | { readonly kind: "ordered"; readonly tables: readonly Table[] }
  | { readonly kind: "cycle"; readonly names: readonly string[] };

/** Parents before children; among equals by name. A table that refers to itself is no cycle. */
export function orderTables(tables: readonly Table[]): TableOrder {
  const ordered: Table[] = [];
  const waiting = new Map(
    tables.toSorted((left, right) => (left.name < right.name ? -1 : 1)).map((table) => [table.name, table]),
  );
  while (waiting.size > 0) {
    const next = [...waiting.values()].find((table) => waitsFor(table, waiting) === undefined);
    if (next === undefined) return { kind: "cycle", names: cycleAmong(waiting) };
    waiting.delete(next.name);
    ordered.push(next);
  }
  return { kind: "ordered", tables: ordered };
}

function waitsFor({ name, relationships }: Table, waiting: ReadonlyMap<string, Table>): Table | undefined {
  const parent = relationships.find(({ parent }) => parent !== name && waiting.has(parent))?.parent;
  return parent === undefined ? undefined : waiting.get(parent);
}

/** Follows parents until one comes up again: `a, b, a`. Every table here waits for another one. */
function cycleAmong(waiting: ReadonlyMap<string, Table>): readonly string[] {
  const path: string[] = [];
  let table = [...waiting.values()][0];
  while (table !== undefined && !path.includes(table.name)) {
    path.push(table.name);
    table = waitsFor(table, waiting);
  }
  const name = table?.name ?? "";
  return [...path.slice(path.indexOf(name)), name];
}
