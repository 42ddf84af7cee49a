// What holds of the ledger:
// 1. Lines commit in the transaction that changed the rows they speak of, or not at all.
// 2. A line of waybill.loads says what arrived; whether that is in the table, its generation says in waybill.generations.
// 3. A line of waybill.definitions commits before the object it describes is dropped.
import { StageError } from "../../../model/errors.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";

// xmin would tell who wrote a line, until the line is changed: so the transaction is written down. Rows bear its lower half.
const writer = sql`transaction_id text NOT NULL DEFAULT (txid_current() % 4294967296)::text,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by text NOT NULL DEFAULT session_user,
    application text NOT NULL DEFAULT current_setting('application_name')`;

const tables = [
  sql`CREATE TABLE IF NOT EXISTS waybill.generations (
    migration text NOT NULL,
    table_name text NOT NULL,
    generation text NOT NULL,
    number bigint NOT NULL DEFAULT 0,
    mode text NOT NULL,
    way text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'live', 'replaced', 'taken back')),
    rows_before bigint NOT NULL DEFAULT 0,
    inserted bigint NOT NULL DEFAULT 0,
    updated bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    rows_after bigint NOT NULL DEFAULT 0,
    undo json,
    ${writer},
    PRIMARY KEY (migration, table_name, generation))`,
  sql`CREATE TABLE IF NOT EXISTS waybill.loads (
    migration text NOT NULL,
    table_name text NOT NULL,
    generation text NOT NULL,
    part text NOT NULL,
    hash text NOT NULL,
    rows bigint NOT NULL,
    ${writer},
    PRIMARY KEY (migration, table_name, generation, part))`,
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

/** Whether the ledger is there; asked before every use, so that a dry run need not create it. Throws where it is an older one. */
export async function hasLedger(connection: Connection): Promise<boolean> {
  const [found] = await connection.query<{ there: string; older: string }>(
    sql`SELECT g IS NOT NULL AND l IS NOT NULL AND d IS NOT NULL AS there, l IS NOT NULL AND g IS NULL AS older
        FROM (SELECT to_regclass('waybill.generations') AS g, to_regclass('waybill.loads') AS l,
          to_regclass('waybill.definitions') AS d) AS ledger`,
  );
  if (found?.older === "t") throw olderLedger(connection);
  return found?.there === "t";
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

// Lines without generations are of a Waybill that had none: they say the same things in other columns.
function olderLedger(connection: Connection): StageError {
  return new StageError(
    "integrity",
    `${connection.location}: the schema waybill was made by an older Waybill, whose ledger this one cannot carry on`,
    "finish the migration with that version; or DROP SCHEMA waybill CASCADE, and load with --confirm <migration id>",
  );
}
