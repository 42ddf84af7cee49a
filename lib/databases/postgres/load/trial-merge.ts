import type { Sql } from "../../../model/names.js";
import type { Trial } from "../../refused-rows.js";
import type { LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { identifier, identifiers, joined, sql } from "../identifiers.js";
import { enforceKeys } from "./enforced-keys.js";
import { fixedColumns } from "./merge-key.js";
import { lockTable } from "./table-lock.js";

const batch = sql`pg_temp.waybill_tried`;

/**
 * Tries rows by merging them into the table itself. What merging refuses by itself (keys that repeat or are there already)
 * passes here: no database refused it, and the load that follows says it.
 */
export async function trialMerge(connection: Connection, request: LoadRequest): Promise<Trial> {
  const table = await findTable(connection, request.table);
  const { columns, triggers } = request;
  let merge: Sql | undefined;
  return {
    table: table.sql,
    begin: async () => {
      await lockTable(connection, table);
      const own = await enforceKeys(connection, table, request);
      if (triggers === "aside") await connection.execute(sql`ALTER TABLE ${table.sql} DISABLE TRIGGER USER`);
      await connection.execute(
        sql`CREATE TEMPORARY TABLE waybill_tried ON COMMIT DROP AS SELECT ${identifiers(columns)} FROM ${table.sql} WITH NO DATA`,
      );
      merge = await mergeStatement(connection, table, request);
      return own;
    },
    take: async (rows) => {
      await copyPart(connection, { sql: batch, name: request.table, columns }, rows);
      if (merge !== undefined) await connection.execute(merge);
      // Not DELETE: each batch would be looked for among the dead rows of all before it.
      await connection.execute(sql`TRUNCATE ${batch}`);
    },
  };
}

async function mergeStatement(
  connection: Connection,
  table: FoundTable,
  { columns, key, mode }: LoadRequest,
): Promise<Sql> {
  const { exactKey, computed } = await fixedColumns(connection, table, key);
  const changing = columns.filter((name) => !exactKey.includes(name) && !computed.includes(name)).map(identifier);
  const textOf = (of: Sql) => joined(changing.map((name) => sql`${of}.${name}::text`));
  const update = sql`UPDATE SET ${joined(changing.map((name) => sql`${name} = EXCLUDED.${name}`))}
    WHERE ROW(${textOf(sql`there`)}) IS DISTINCT FROM ROW(${textOf(sql`EXCLUDED`)})`;
  return sql`INSERT INTO ${table.sql} AS there (${identifiers(columns)}) OVERRIDING SYSTEM VALUE
    SELECT DISTINCT ON (${identifiers(key)}) ${identifiers(columns)} FROM ${batch}
    ON CONFLICT (${identifiers(key)}) DO ${mode === "insert" || changing.length === 0 ? sql`NOTHING` : update}`;
}
