// What holds of the ledger in a MySQL target:
// 1. It stands in the database that the connection names, in three tables whose names begin with `waybill_`.
// 2. Lines commit in the transaction that changed the rows they speak of, or not at all.
// 3. A line of waybill_loads says what arrived; whether that is in the table, its generation says in waybill_generations.
// 4. A line of waybill_definitions commits before the object it describes is dropped.
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Connection } from "../connection.js";
import type { TargetConnection } from "./target-connection.js";

// The lengths keep the widest key within the 3072 bytes that an index may have.
const names = sql`migration varchar(160) NOT NULL, table_name varchar(160) NOT NULL`;
const writer = sql`loaded_at datetime(6) NOT NULL DEFAULT current_timestamp(6), loaded_by varchar(160) NOT NULL`;
const kind = sql`ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
  COMMENT 'What Waybill loaded here. Drop it when the migration is over and signed off.'`;

const tables = [
  sql`CREATE TABLE IF NOT EXISTS waybill_generations (${names}, generation varchar(200) NOT NULL,
    number bigint NOT NULL DEFAULT 0, mode varchar(20) NOT NULL, way varchar(20) NOT NULL, state varchar(20) NOT NULL,
    rows_before bigint NOT NULL DEFAULT 0, inserted bigint NOT NULL DEFAULT 0, updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0, quarantined bigint NOT NULL DEFAULT 0, rows_after bigint NOT NULL DEFAULT 0,
    undo_by longtext, ${writer}, PRIMARY KEY (migration, table_name, generation)) ${kind}`,
  sql`CREATE TABLE IF NOT EXISTS waybill_loads (${names}, generation varchar(200) NOT NULL, part varchar(200) NOT NULL,
    hash varchar(100) NOT NULL, row_count bigint NOT NULL, ${writer},
    PRIMARY KEY (migration, table_name, generation, part)) ${kind}`,
  sql`CREATE TABLE IF NOT EXISTS waybill_definitions (${names}, kind varchar(20) NOT NULL, name varchar(64) NOT NULL,
    definition longtext NOT NULL, parent varchar(160), saved_at datetime(6) NOT NULL DEFAULT current_timestamp(6),
    PRIMARY KEY (migration, kind, table_name, name)) ${kind}`,
];

/** Whether the ledger is there; asked before every use, so that a dry run need not create it. */
export async function hasLedger(connection: Connection): Promise<boolean> {
  const rows = await connection.query(sql`SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = database()
    AND TABLE_NAME IN ('waybill_generations', 'waybill_loads', 'waybill_definitions')`);
  return rows.length === tables.length;
}

/** Creates the ledger where it is missing. Several runs may do so at once. Throws "forbidden" without the privilege. */
export async function ensureLedger(connection: TargetConnection): Promise<void> {
  // Looking first: IF NOT EXISTS asks for the privilege to create even where nothing is to be created.
  if (await hasLedger(connection)) return;
  try {
    for (const statement of tables) await connection.execute(statement);
  } catch (error) {
    if (!(error instanceof StageError) || error.kind !== "forbidden") throw error;
    const hint = "as an administrator: GRANT CREATE ON <this database>.* TO <the user that loads>";
    throw new StageError("forbidden", `${connection.location}: ${error.message}`, hint, error);
  }
}

/** What a line of waybill_definitions says of something that stands aside. */
export interface Saved {
  readonly name: string;
  /** What it is made again of. */
  readonly definition: string;
  /** The table that a foreign key refers to. */
  readonly parent?: string;
}
