import type { TableName } from "../model/names.js";
import type { Table } from "./migration.js";

/**
 * Parents before children; among equals by name. Tables that refer to one another in a ring come one after another by
 * name, each with the names of all of them: they are settled as one. Most rings are a single table.
 */
export function orderTables(tables: readonly Table[]): readonly Table[] {
  const byName = new Map(
    tables.toSorted((left, right) => (left.name < right.name ? -1 : 1)).map((table) => [table.name, table]),
  );
  const reached = new Map([...byName].map(([name, table]) => [name, reachedFrom(table, byName)]));
  const ordered = new Map<TableName, Table>();
  const isReady = (table: Table, ring: readonly TableName[]): boolean =>
    parentsIn(table, byName).every((parent) => ordered.has(parent) || ring.includes(parent));
  while (ordered.size < byName.size) {
    const rings = [...byName.keys()].filter((name) => !ordered.has(name)).map((name) => ringOf(name, reached));
    const ring = rings.find((names) => names.every((name) => isReady(known(byName, name), names)));
    if (ring === undefined) throw new Error("every ring of tables waits for another one");
    for (const name of ring) ordered.set(name, { ...known(byName, name), ring });
  }
  return [...ordered.values()];
}

type Names = ReadonlySet<TableName>;

function parentsIn({ relationships }: Table, tables: ReadonlyMap<TableName, Table>): readonly TableName[] {
  return relationships.map(({ parent }) => parent).filter((parent) => tables.has(parent));
}

/** The tables that a table refers to, those that these refer to, and so on. */
function reachedFrom(table: Table, tables: ReadonlyMap<TableName, Table>): Names {
  const reached = new Set(parentsIn(table, tables));
  // A set may grow while it is gone through: what is added comes up in its turn.
  for (const name of reached) for (const parent of parentsIn(known(tables, name), tables)) reached.add(parent);
  return reached;
}

/** The tables that a table reaches and that reach it, by name. */
function ringOf(name: TableName, reached: ReadonlyMap<TableName, Names>): readonly TableName[] {
  const others = [...(reached.get(name) ?? [])].filter((other) => other !== name && reached.get(other)?.has(name));
  return [name, ...others].sort();
}

function known(tables: ReadonlyMap<TableName, Table>, name: TableName): Table {
  const table = tables.get(name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}
