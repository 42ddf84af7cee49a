import { sql } from "../../mapping/sql.js";
import type { DatabaseTable, ForeignKey } from "../port.js";
import { columnsOf, type FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { formatQualified } from "./identifiers.js";

/** A table as the catalog describes it. */
export async function describeTable(connection: Connection, table: FoundTable): Promise<DatabaseTable> {
  const { qualifiedName, place } = table;
  return {
    qualifiedName,
    kind: await kindOf(connection, table),
    columns: await columnsOf(connection, place),
    primaryKey: await primaryKeyOf(connection, table),
    foreignKeys: await foreignKeysOf(connection, table),
  };
}

async function kindOf(connection: Connection, { place }: FoundTable): Promise<DatabaseTable["kind"]> {
  const [[type = "", options = ""] = []] = await connection.query(
    sql`SELECT TABLE_TYPE, coalesce(CREATE_OPTIONS, '') FROM information_schema.TABLES WHERE ${place}`,
  );
  if (type?.endsWith("VIEW")) return "view";
  return options?.includes("partitioned") ? "partitioned table" : "table";
}

async function primaryKeyOf(connection: Connection, { place }: FoundTable): Promise<readonly string[]> {
  const rows = await connection.query(sql`SELECT COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE
    WHERE ${place} AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY ORDINAL_POSITION`);
  return rows.flatMap(([name]) => name ?? []);
}

async function foreignKeysOf(connection: Connection, { place }: FoundTable): Promise<readonly ForeignKey[]> {
  const rows = (await connection.query(sql`
    SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE WHERE ${place} AND REFERENCED_TABLE_NAME IS NOT NULL
    ORDER BY cast(CONSTRAINT_NAME AS binary), ORDINAL_POSITION`)) as readonly (readonly string[])[];
  return [...new Set(rows.map(([name = ""]) => name))].map((name) => {
    const own = rows.filter(([one]) => one === name);
    const [[, , schema = "", parent = ""] = []] = own;
    return {
      name,
      columns: own.map(([, column = ""]) => column),
      parent: formatQualified(schema, parent),
      parentColumns: own.map(([, , , , column = ""]) => column),
    };
  });
}
