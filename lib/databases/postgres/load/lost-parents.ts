import type { Sql } from "../../../model/names.js";
import { keyText, type LostKeys } from "../../lost-rows.js";
import type { LostParents } from "../../rejects-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, joined, sql } from "../identifiers.js";

/** The values of columns as one text, the same as `keyText` makes. */
export function keyOf(columns: readonly string[]): Sql {
  return sql`json_build_array(${joined(columns.map((name) => sql`${identifier(name)}::text`))})::text`;
}

/** Leaves out parents that the target holds all the same, and references of which none is lost. */
export async function lostKeys(connection: Connection, parents: readonly LostParents[]): Promise<readonly LostKeys[]> {
  const lost: LostKeys[] = [];
  for (const { values, ...reference } of parents) {
    const { sql: table } = await findTable(connection, reference.parent);
    const keys = await missingKeys(connection, { table, columns: reference.parentColumns }, values.map(keyText));
    if (keys.length > 0) lost.push({ ...reference, keys: new Set(keys) });
  }
  return lost;
}

/** Which of these keys no row of a table has. */
export async function missingKeys(
  connection: Connection,
  { table, columns }: { readonly table: Sql; readonly columns: readonly string[] },
  keys: readonly string[],
): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const rows = await connection.query<{ key: string }>(
    sql`WITH asked (key) AS (SELECT DISTINCT value FROM json_array_elements_text($1::json))
        SELECT key FROM asked EXCEPT SELECT there.key FROM (SELECT ${keyOf(columns)} AS key FROM ${table}) AS there`,
    [JSON.stringify(keys)],
  );
  return rows.map(({ key }) => key);
}
