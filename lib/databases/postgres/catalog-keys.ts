import type { Sql } from "../../model/names.js";
import type { ForeignKey } from "../port.js";
import type { Connection, Value } from "./connection.js";
import { formatQualified, sql } from "./identifiers.js";

/** Names of columns by their numbers, in the order of the numbers, as a JSON list. */
const columnNames = (table: Sql, numbers: Sql): Sql => sql`(
  SELECT json_agg(a.attname ORDER BY n.position) FROM unnest(${numbers}) WITH ORDINALITY AS n(number, position)
  JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = n.number)`;

/** The columns of the primary key in the key's order; none where there is no key. */
export async function primaryKeyOf(connection: Connection, oid: Sql): Promise<readonly string[]> {
  const rows = await connection.query<{ columns: Value }>(sql`
    SELECT ${columnNames(sql`conrelid`, sql`conkey`)} AS columns
    FROM pg_constraint WHERE conrelid = ${oid} AND contype = 'p'`);
  return parseNames(rows[0]?.columns);
}

/** The foreign keys a table declares, by name. */
export async function foreignKeysOf(connection: Connection, oid: Sql): Promise<readonly ForeignKey[]> {
  const rows = await connection.query<{
    name: string;
    columns: Value;
    schema: string;
    parent: string;
    others: Value;
  }>(sql`
    SELECT k.conname AS name, ${columnNames(sql`k.conrelid`, sql`k.conkey`)} AS columns,
      n.nspname AS schema, c.relname AS parent, ${columnNames(sql`k.confrelid`, sql`k.confkey`)} AS others
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.conrelid = ${oid} AND k.contype = 'f' AND COALESCE(to_jsonb(k) ->> 'conparentid', '0') = '0' ORDER BY k.conname COLLATE "C"`);
  return rows.map((row) => ({
    name: row.name,
    columns: parseNames(row.columns),
    parent: formatQualified(row.schema, row.parent),
    parentColumns: parseNames(row.others),
  }));
}

function parseNames(json: Value | undefined): readonly string[] {
  return json ? (JSON.parse(json) as readonly string[]) : [];
}
