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

/** A table by its name, which the specification was found to have. */
export function tableNamed({ tables }: Pick<Migration, "tables">, wanted: string): Table {
  const table = tables.find(({ name }) => name === wanted);
  if (table === undefined) throw new Error(`no table ${wanted}`);
  return table;
}

/** The tables outside its ring that a table refers to, each once: those that are mapped before it. */
export function parentsOf({ relationships, ring }: Table): readonly Table["name"][] {
  return [...new Set(relationships.map(({ parent }) => parent))].filter((parent) => !ring.includes(parent));
}

/** The tables that are settled together with a table, itself among them: for each of them the same, by name. */
export function ringOf({ tables }: Pick<Migration, "tables">, { ring }: Table): readonly Table[] {
  return tables.filter(({ name }) => ring.includes(name));
}
