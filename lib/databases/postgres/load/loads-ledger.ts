// What holds of the ledger:
// 1. A line of waybill.loads commits in the transaction that changed the rows it speaks of, or not at all.
// 2. Lines of a table together state how many rows of ours it holds; a replaced table has lines of one generation.
// 3. A line of waybill.definitions commits before the object it describes is dropped.
import { StageError } from "../../../model/errors.js";
import type { LoadLine } from "../../port.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";

const tables = [
  sql`CREATE TABLE IF NOT EXISTS waybill.loads (
    migration text NOT NULL,
    table_name text NOT NULL,
    part text NOT NULL,
    generation text NOT NULL,
    hash text NOT NULL,
    rows bigint NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by text NOT NULL DEFAULT session_user,
    application text NOT NULL DEFAULT current_setting('application_name'),
    PRIMARY KEY (migration, table_name, part))`,
  sql`CREATE TABLE IF NOT EXISTS waybill.definitions (
    migration text NOT NULL,
    kind text NOT NULL,
    table_name text NOT NULL,
    name text NOT NULL,
    steps json NOT NULL,
    validate text,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (migration, kind, table_name, name))`,
];

const schema = [
  sql`CREATE SCHEMA waybill`,
  sql`COMMENT ON SCHEMA waybill IS 'What Waybill loaded here. Drop it when the migration is over and signed off.'`,
];

/** Whether the ledger is there; asked before every use, so that a dry run need not create it. */
export async function hasLedger(connection: Connection): Promise<boolean> {
  const rows = await connection.query<{ there: string }>(
    sql`SELECT to_regclass('waybill.loads') IS NOT NULL AND to_regclass('waybill.definitions') IS NOT NULL AS there`,
  );
  return rows[0]?.there === "t";
}

/** Creates the ledger where it is missing. Several runs may do so at once. Throws "forbidden" without the privilege. */
export async function ensureLedger(connection: Connection): Promise<void> {
  // Looking first: IF NOT EXISTS asks for the privilege to create even where nothing is to be created.
  if (await hasLedger(connection)) return;
  try {
    await connection.transaction(async () => {
      // IF NOT EXISTS is no protection against a concurrent creator: both see nothing and one fails.
      await connection.query(sql`SELECT pg_advisory_xact_lock(hashtextextended('waybill ledger', 0))`);
      for (const statement of [...((await hasSchema(connection)) ? [] : schema), ...tables]) {
        await connection.execute(statement);
      }
    });
  } catch (error) {
    if (!(error instanceof StageError) || error.kind !== "forbidden") throw error;
    const hint = "as the owner of the database: CREATE SCHEMA waybill AUTHORIZATION <the role that loads>";
    throw new StageError("forbidden", `${connection.location}: ${error.message}`, hint, error);
  }
}

// IF NOT EXISTS asks for the privilege to create even where the owner of the database made the schema for us.
async function hasSchema(connection: Connection): Promise<boolean> {
  const rows = await connection.query<{ there: string }>(sql`SELECT to_regnamespace('waybill') IS NOT NULL AS there`);
  return rows[0]?.there === "t";
}

/** The lines of one migration for one table (`schema.table`), by part. */
export async function linesOf(connection: Connection, migration: string, table: string): Promise<readonly LoadLine[]> {
  if (!(await hasLedger(connection))) return [];
  const rows = await connection.query<{ generation: string; part: string; hash: string; rows: string }>(
    sql`SELECT generation, part, hash, rows FROM waybill.loads
        WHERE migration = $1 AND table_name = $2 ORDER BY part COLLATE "C"`,
    [migration, table],
  );
  return rows.map(({ generation, part, hash, rows }) => ({ generation, part, hash, rowCount: Number(rows) }));
}

/** How many rows of the table this migration's lines account for. */
export async function accountedRows(connection: Connection, migration: string, table: string): Promise<number> {
  const lines = await linesOf(connection, migration, table);
  return lines.reduce((sum, line) => sum + line.rowCount, 0);
}

/** Forgets what any migration said about the table: inside the transaction that empties it. */
export async function deleteLines(connection: Connection, table: string): Promise<void> {
  await connection.execute(sql`DELETE FROM waybill.loads WHERE table_name = $1`, [table]);
}

/** Writes one line, inside the transaction that wrote its rows; a unit that was there already adds its rows. */
export async function writeLine(
  connection: Connection,
  { migration, table }: { readonly migration: string; readonly table: string },
  line: LoadLine,
): Promise<void> {
  await connection.execute(
    sql`INSERT INTO waybill.loads AS l (migration, table_name, part, generation, hash, rows)
        VALUES ($1, $2, $3, $4, $5, $6::bigint)
        ON CONFLICT (migration, table_name, part) DO UPDATE
        SET generation = EXCLUDED.generation, hash = EXCLUDED.hash, rows = l.rows + EXCLUDED.rows,
          loaded_at = EXCLUDED.loaded_at, loaded_by = EXCLUDED.loaded_by, application = EXCLUDED.application`,
    [migration, table, line.part, line.generation, line.hash, String(line.rowCount)],
  );
}
