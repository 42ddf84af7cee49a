import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { PlannedLoad } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal } from "../identifiers.js";
import { keysOfOthers } from "./foreign-keys.js";
import { missingPrivileges } from "./privileges.js";
import { waitingAtMost } from "./short-wait.js";
import { sessionOf, usersOf } from "./table-lock.js";

/**
 * Throws what keeps these loads from beginning, of all of them at once: a server that only reads, privileges that are
 * missing, somebody else who writes the tables. Changes nothing.
 */
export async function assertReady(connection: Connection, loads: readonly PlannedLoad[]): Promise<void> {
  await assertWritable(connection);
  const tables: FoundTable[] = [];
  for (const { check } of loads) tables.push(await findTable(connection, check.table));
  // To merge, and to put refused rows aside, rows stand in tables of the session.
  const sessionTables = loads.some(({ check }) => check.mode !== "replace" || check.onReject === "quarantine");
  await assertAllowed(connection, { tables, sessionTables });
  if (loads.some(({ check }) => check.mode !== "replace")) await assertMakesTables(connection);
  for (const table of tables) await assertKeysSeen(connection, table);
  await assertNobodyWrites(connection, tables);
}

async function assertWritable(connection: Connection): Promise<void> {
  const [[reads] = []] = await connection.query(sql`SELECT @@GLOBAL.read_only`);
  // A flag; from MariaDB 12 on a word.
  if (reads === "0" || reads === "OFF") return;
  throw new StageError(
    "temporary",
    `${connection.location} takes no rows: read_only is on, as on a replica`,
    "connect to the primary, or SET GLOBAL read_only = 0 there if it is one",
  );
}

// While it counts transactions MySQL makes no table of the session in one that it would have to log by statements.
async function assertMakesTables(connection: Connection): Promise<void> {
  const rows = await connection.query(sql`SHOW VARIABLES WHERE Variable_name = 'log_bin' AND Value = 'ON'
    OR Variable_name = 'enforce_gtid_consistency' AND Value = 'ON' OR Variable_name = 'binlog_format' AND Value = 'STATEMENT'`);
  if (rows.length < 3) return;
  throw new StageError(
    "specification",
    `${connection.location} cannot merge rows: it makes no temporary table in a transaction (enforce_gtid_consistency, binlog_format STATEMENT)`,
    "as an administrator: SET GLOBAL binlog_format = ROW; nothing was loaded",
  );
}

async function assertAllowed(connection: Connection, needing: Parameters<typeof missingPrivileges>[1]): Promise<void> {
  const missing = await missingPrivileges(connection, needing);
  if (missing.length === 0) return;
  const lines = missing.map(({ database, privileges }) => `  ${database}: ${privileges.join(", ")}`);
  const grants = missing.map(({ grant }) => `    ${grant};`);
  throw new StageError(
    "forbidden",
    [`${connection.location}: the user lacks privileges that this load needs:`, ...lines].join("\n"),
    ["type this as an administrator, then run the same command again; nothing was loaded:", ...grants].join("\n"),
  );
}

// The catalog hides foreign keys of tables that the user may not see; such a key would follow the former rows of an
// exchanged table. InnoDB's own list hides none, but may be read with PROCESS only.
async function assertKeysSeen(connection: Connection, table: FoundTable): Promise<void> {
  const name = literal(`${await listed(connection, table.schema)}/${await listed(connection, table.name)}`);
  const seen: string[] = [];
  for (const { child, key } of await keysOfOthers(connection, table))
    seen.push(`${await listed(connection, child.schema)}/${key.name}`);
  for (const list of [sql`INNODB_SYS_FOREIGN`, sql`INNODB_FOREIGN`]) {
    const found = await connection
      .query(sql`SELECT ID, FOR_NAME FROM information_schema.${list} WHERE REF_NAME = ${name} AND FOR_NAME <> ${name}`)
      .catch(() => []);
    const hidden = found.find(([id]) => !seen.includes(id ?? ""));
    if (hidden === undefined) continue;
    const [database = ""] = (hidden[1] ?? "").split("/");
    throw new StageError(
      "forbidden",
      `${table.qualifiedName}: ${hidden[1]} refers to it (foreign key ${hidden[0]}), a table that this user may not see`,
      `as an administrator: GRANT SELECT ON \`${database}\`.* to the user that loads; nothing was loaded`,
    );
  }
}

/** A name as that list has it: in MariaDB as its files are called, in MySQL, which knows no such spelling, as it is. */
async function listed(connection: Connection, name: string): Promise<string> {
  const asked = connection.query(sql`SELECT cast(convert(${literal(name)} USING filename) AS binary)`);
  const rows = await asked.catch(() => []);
  return rows[0]?.[0] ?? name;
}

// A lock that lets others read, and that whoever has written and not committed keeps us from: had, it is given back.
async function assertNobodyWrites(connection: Connection, tables: readonly FoundTable[]): Promise<void> {
  const written: string[] = [];
  await waitingAtMost(connection, 2, async () => {
    for (const table of tables) {
      try {
        await connection.query(sql`LOCK TABLES ${table.sql} READ`);
      } catch (error) {
        if (!(error instanceof StageError)) throw error;
        if (error.kind === "temporary")
          written.push(`${table.qualifiedName} is written by ${await writers(connection, table)}`);
        // Whoever may not lock tables cannot look either.
        else if (error.kind !== "forbidden") throw error;
      }
      await connection.query(sql`UNLOCK TABLES`);
    }
  });
  if (written.length === 0) return;
  throw new StageError(
    "temporary",
    written.join("\n"),
    "let them come to their end, or stop them, then run the same command again; nothing was loaded",
  );
}

// Where the server does not say who writes a table, those are named that write any.
async function writers(connection: Connection, table: FoundTable): Promise<string> {
  const known = await usersOf(connection, table, { writing: true });
  if (known.length > 0) return known.join(", or ");
  const ids = await connection
    .query(sql`SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX
      WHERE trx_rows_modified > 0 AND trx_mysql_thread_id <> connection_id() ORDER BY trx_started LIMIT 3`)
    .catch(() => []);
  const found: string[] = [];
  for (const [id] of ids) if (id != null) found.push(await sessionOf(connection, id));
  return found.length === 0 ? "somebody who has not committed" : found.join(", or ");
}
