import type { StructureObject } from "../port.js";
import type { FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import type { TableItem } from "./load/create-table.js";
import { showCreate } from "./load/show-create.js";

/**
 * What the catalog says of a table beside its rows, in the table's order: columns, keys, CHECKs, indexes, as SHOW CREATE
 * TABLE has them. Triggers are left out: a role that may only read sees none, and could not tell whether one is gone. An
 * index or key is in force here as long as it is there, and the next number of AUTO_INCREMENT is ahead of all rows by itself.
 */
export async function structureOf(connection: Connection, table: FoundTable): Promise<readonly StructureObject[]> {
  const { columns, items } = await showCreate(connection, table);
  return [...columns.map(columnObject), ...items.map(itemObject)];
}

const columnShape = /^`((?:[^`]|``)+)` ([\s\S]*)$/;

function columnObject(line: string): StructureObject {
  const [, name = "", definition = line] = columnShape.exec(line) ?? [];
  return { kind: "column", name: unquoted(name), definition };
}

const kinds = {
  "primary key": "constraint",
  check: "constraint",
  index: "index",
  "foreign key": "foreign key",
} as const satisfies Readonly<Record<TableItem["kind"], StructureObject["kind"]>>;

function itemObject({ kind, name, text }: TableItem): StructureObject {
  return { kind: kinds[kind], name: kind === "primary key" ? "PRIMARY" : name, definition: text };
}

const unquoted = (name: string): string => name.replaceAll("``", "`");
