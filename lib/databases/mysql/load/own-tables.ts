import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import type { Connection } from "../connection.js";
import type { TargetConnection } from "./target-connection.js";

/** A primary key for tables of ours that need none: a server may demand one of every table. */
export const rowNumber = sql`\`~row\` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY`;

/** Whether the server demands a primary key of every table. MariaDB counts a unique one whose columns are NOT NULL. */
export async function demandsKeys(connection: Connection): Promise<boolean> {
  const rows = await connection.query(sql`SHOW GLOBAL VARIABLES
    WHERE Variable_name IN ('sql_require_primary_key', 'innodb_force_primary_key') AND Value = 'ON'`);
  return rows.length > 0;
}

/** Makes a table as the columns of a SELECT are, empty, and without their keys. */
export async function createLike(connection: TargetConnection, table: Sql, select: Sql): Promise<void> {
  // Only where it must be: for a table that numbers its rows MariaDB runs one LOAD DATA after another (innodb_autoinc_lock_mode).
  const own = (await demandsKeys(connection)) ? sql` (${rowNumber})` : sql``;
  await connection.execute(sql`CREATE TABLE ${table}${own} ENGINE=InnoDB AS ${select} LIMIT 0`);
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
