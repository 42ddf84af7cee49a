import { sha256 } from "../../../model/hash.js";
import type { Connection } from "../connection.js";
import { formatQualified, literal, qualified, sql } from "../identifiers.js";

/**
 * The tables that Waybill keeps in its schema, all of them named here. A name is short and derived, since 63 bytes must
 * do for any table's; of the table alone, since one run at a time loads a table, whichever migration it is of.
 */
const keptTable = (role: "next" | "previous" | "arriving") => (table: string) => {
  const [, digits = ""] = sha256(table).split(":");
  return formatQualified("waybill", `${role}_${digits.slice(0, 16)}`);
};

/** Where the rows of a table (`schema.table`) gather that is to take its place. Names are `schema.table` too. */
export const nextTable = keptTable("next");

/** The rows that a table (`schema.table`) held before its last load. */
export const previousTable = keptTable("previous");

/** Where rows arrive that are then merged into a table (`schema.table`). */
export const arrivingTable = keptTable("arriving");

/** Whether a table is there, by its name as these functions give it. */
export async function isKept(connection: Connection, kept: string): Promise<boolean> {
  const [row] = await connection.query<{ there: string }>(
    sql`SELECT to_regclass(${literal(qualified(kept))}) IS NOT NULL AS there`,
  );
  return row?.there === "t";
}
