import { StageError } from "../../../model/errors.js";
import type { PlannedLoad } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";
import { otherWriters } from "./other-writers.js";
import { missingPrivileges } from "./privileges.js";

/**
 * Throws what keeps these loads from beginning, of all of them at once: a server that only reads, privileges that are
 * missing, somebody else who writes the tables. Changes nothing.
 */
export async function assertReady(connection: Connection, loads: readonly PlannedLoad[]): Promise<void> {
  await assertWritable(connection);
  await assertAllowed(connection, loads);
  const tables: FoundTable[] = [];
  for (const { check } of loads) tables.push(await findTable(connection, check.table));
  const writers = await otherWriters(connection, tables);
  if (writers.length === 0) return;
  throw new StageError(
    "temporary",
    writers.join("\n"),
    "let them come to their end, or stop them, then run the same command again; nothing was loaded",
  );
}

// The session's own setting says nothing: of a rehearsal it is read-only.
async function assertWritable(connection: Connection): Promise<void> {
  const [facts] = await connection.query<{ standby: string; reads: string; role: string }>(sql`
    SELECT pg_is_in_recovery() AS standby, reset_val = 'on' AS reads, quote_ident(current_user) AS role
    FROM pg_settings WHERE name = 'default_transaction_read_only'`);
  if (facts?.standby === "t")
    throw new StageError(
      "temporary",
      `${connection.location} is a standby: it takes no rows`,
      "connect to the primary, or wait until this one is promoted",
    );
  if (facts?.reads === "t")
    throw new StageError(
      "forbidden",
      `${connection.location} lets this role only read: default_transaction_read_only is on`,
      `if it is meant to load: ALTER ROLE ${facts.role} SET default_transaction_read_only = off (or the database, where it says so)`,
    );
}

async function assertAllowed(connection: Connection, loads: readonly PlannedLoad[]): Promise<void> {
  const missing = await missingPrivileges(connection, loads);
  if (missing.length === 0) return;
  const lines = missing.map(({ object, privileges }) => `  ${object}: ${privileges.join(", ")}`);
  const grants = missing.map(({ grant }) => `    ${grant};`);
  throw new StageError(
    "forbidden",
    [`${connection.location}: the role lacks privileges that this load needs:`, ...lines].join("\n"),
    ["type this as the owner, then run the same command again; nothing was loaded:", ...grants].join("\n"),
  );
}
