import { sql } from "../../../mapping/sql.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";

/** Refreshes what the planner knows of a table's rows. */
export async function analyse(connection: Connection, { sql: table }: FoundTable): Promise<void> {
  await connection.query(sql`ANALYZE NO_WRITE_TO_BINLOG TABLE ${table}`);
}
