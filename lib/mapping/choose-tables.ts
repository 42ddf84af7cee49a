import { StageError } from "../model/errors.js";
import { nearest } from "../model/nearest.js";
import type { Migration, Table } from "./migration.js";

/** The tables somebody asked for, parents before children; no names means all. */
export function chooseTables(migration: Migration, names: readonly string[]): readonly Table[] {
  const known = migration.tables.map(({ name }) => name as string);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const similar = nearest(unknown, known);
    throw new StageError(
      "usage",
      `${migration.id} has no table ${unknown}${similar === undefined ? "" : `; did you mean ${similar}?`}`,
      `its tables are ${known.join(", ")}`,
    );
  }
  return names.length === 0 ? migration.tables : migration.tables.filter(({ name }) => names.includes(name));
}

/** The other tables a table refers to, each once. */
export function parentsOf(table: Table): readonly Table["name"][] {
  return [...new Set(table.relationships.map(({ parent }) => parent))].filter((parent) => parent !== table.name);
}
