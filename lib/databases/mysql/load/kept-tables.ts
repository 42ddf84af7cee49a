import { sql } from "../../../mapping/sql.js";
import { sha256 } from "../../../model/hash.js";
import { type FoundTable, tableAt } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal } from "../identifiers.js";

// A MySQL schema is a database: what Waybill keeps stands beside the tables it belongs to, under names that say whose it is.
const keptTable = (
  role: "next" | "arriving" | "previous",
  { schema, qualifiedName }: FoundTable,
  end = "",
): FoundTable => {
  const [, digits = ""] = sha256(qualifiedName).split(":");
  return tableAt(schema, `waybill_${role}_${digits.slice(0, 16)}${end}`);
};

/** Where the rows of a table gather that is to take its place. */
export const nextTable = (table: FoundTable): FoundTable => keptTable("next", table);

/** Where rows arrive that are then merged into a table. */
export const arrivingTable = (table: FoundTable): FoundTable => keptTable("arriving", table);

/** The rows that a table held before the load that the ledger gives this number. */
export const previousTable = (table: FoundTable, number: number): FoundTable =>
  keptTable("previous", table, `_${number}`);

/** The tables that hold former rows of a table, whichever load kept them. */
export async function previousTables(connection: Connection, table: FoundTable): Promise<readonly FoundTable[]> {
  const beginning = keptTable("previous", table, "_").name;
  const rows = await connection.query(sql`SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${literal(table.schema)} AND left(TABLE_NAME, ${literal(String(beginning.length))}) = ${literal(beginning)}`);
  return rows.flatMap(([name]) => (name == null ? [] : [tableAt(table.schema, name)]));
}

/** Whether a table is there. */
export async function isThere(connection: Connection, { place }: FoundTable): Promise<boolean> {
  const rows = await connection.query(sql`SELECT 1 FROM information_schema.TABLES WHERE ${place}`);
  return rows.length > 0;
}
