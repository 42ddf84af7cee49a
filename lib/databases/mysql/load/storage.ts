import { sql } from "../../../mapping/sql.js";
import type { Storage } from "../../port.js";
import type { Connection } from "../connection.js";

/**
 * The folder that holds these tables, as the server names it; none where it gives no sign by which a folder of the same
 * name on this machine can be told for its own.
 */
export async function storageOf(connection: Connection, tables: readonly string[]): Promise<readonly Storage[]> {
  const [[folder = ""] = []] = await connection.query(sql`SELECT @@GLOBAL.datadir`);
  const proof = await proofOf(connection, folder ?? "");
  return proof === undefined ? [] : tables.map((table) => ({ table, folder: folder ?? "", proof }));
}

// MySQL writes who it is into its folder. MariaDB does not, but says which thread of its machine serves this session:
// anybody may read whether there is one of that number here, and of which program.
async function proofOf(connection: Connection, folder: string): Promise<Storage["proof"] | undefined> {
  const [[, id] = []] = await connection.query(sql`SHOW GLOBAL VARIABLES LIKE 'server_uuid'`);
  if (id != null) return { path: `${folder}auto.cnf`, begins: Buffer.from(`[auto]\nserver-uuid=${id}\n`) };
  const [[thread] = []] = await connection
    .query(sql`SELECT TID FROM information_schema.PROCESSLIST WHERE ID = connection_id()`)
    .catch(() => []);
  return thread == null ? undefined : { path: `/proc/${thread}/comm`, begins: Buffer.from("mariadbd\n") };
}
