import type { Storage } from "../../port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { sql, trusted } from "../identifiers.js";

/**
 * The folders that hold these tables, as the server names them; none where this role may not know. That a folder of the
 * same name on this machine is the server's own, its control file proves: it begins with the system's identifier.
 */
export async function storageOf(connection: Connection, tables: readonly string[]): Promise<readonly Storage[]> {
  const found: Storage[] = [];
  for (const table of tables) {
    const { oid } = await findTable(connection, table);
    const [row] = await connection.query<{ data: string; system: string | null; location: string | null }>(sql`
      SELECT s.setting AS data, NULLIF(pg_tablespace_location(
          CASE c.reltablespace WHEN 0 THEN d.dattablespace ELSE c.reltablespace END), '') AS location,
        CASE WHEN has_function_privilege('pg_catalog.pg_control_system()', 'execute')
          THEN (SELECT system_identifier FROM pg_control_system()) END AS system
      FROM pg_settings s, pg_class c, pg_database d
      WHERE s.name = 'data_directory' AND c.oid = ${trusted(oid)} AND d.datname = current_database()`);
    if (row === undefined || row.system === null) continue;
    const proof = { path: `${row.data}/global/pg_control`, begins: identifierBytes(row.system) };
    found.push({ table, folder: row.location ?? row.data, proof });
  }
  return found;
}

// As the server's machine writes it; one of the other byte order is not this machine.
function identifierBytes(system: string): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(system)));
  return bytes;
}
