import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import type { TargetConnection } from "./target-connection.js";

/** A primary key for tables of ours that need none: a server may demand one of every table (`sql_require_primary_key`). */
export const rowNumber = sql`\`~row\` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY`;

/** Makes a table as the columns of a SELECT are, empty, and without their keys. */
export async function createLike(connection: TargetConnection, table: Sql, select: Sql): Promise<void> {
  await connection.execute(sql`CREATE TABLE ${table} (${rowNumber}) ENGINE=InnoDB AS ${select} LIMIT 0`);
}

/**
 * The same for the session alone. One that is there goes: a temporary table is not rolled back, and may be there from
 * another try.
 */
export async function createSessionTable(
  connection: TargetConnection,
  table: Sql,
  { select, keys = [] }: { readonly select: Sql; readonly keys?: readonly Sql[] },
): Promise<void> {
  await connection.execute(sql`DROP TEMPORARY TABLE IF EXISTS ${table}`);
  const own = join([rowNumber, ...keys], ", ");
  await connection.execute(sql`CREATE TEMPORARY TABLE ${table} (${own}) ENGINE=InnoDB AS ${select} LIMIT 0`);
}
