import { sql } from "../../../mapping/sql.js";
import { hashOf } from "../../../model/hash.js";
import type { Aspect } from "../../table-aspects.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { aspectsOfText, readCreateTable, type TableText } from "./create-table.js";
import { onTable, withoutEnd } from "./triggers.js";

/** A table as SHOW CREATE TABLE has it now. */
export async function showCreate(connection: Connection, table: FoundTable): Promise<TableText> {
  const [[, text] = []] = await connection.query(sql`SHOW CREATE TABLE ${table.sql}`);
  return readCreateTable(text ?? "");
}

/** Equal for tables that rows of one could be put into the other of; foreign keys, which may stand aside, are no part of it. */
export function shapeOf(text: TableText): string {
  const aspects = aspectsOfText(text).filter(({ kind }) => kind !== "foreign key");
  return hashOf(aspects.map(({ kind, name, text: definition }) => [kind, name, definition]).toSorted());
}

/** All that the catalog says of a table but its rows: columns, keys, settings, and its triggers with the order they run in. */
export async function aspectsOf(connection: Connection, table: FoundTable): Promise<readonly Aspect[]> {
  const triggers = await connection.query(sql`SELECT TRIGGER_NAME, concat_ws(' ', ACTION_TIMING, EVENT_MANIPULATION,
      ACTION_ORDER, DEFINER, SQL_MODE, ACTION_STATEMENT) FROM information_schema.TRIGGERS
    WHERE ${onTable(table)} ORDER BY cast(TRIGGER_NAME AS binary)`);
  return [
    ...aspectsOfText(await showCreate(connection, table)),
    ...triggers.map(([name, text]) => ({ kind: "trigger", name: name ?? "", text: withoutEnd(text ?? "") })),
  ];
}
