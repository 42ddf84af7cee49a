import { setTimeout as pause } from "node:timers/promises";
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import { sha256 } from "../../../model/hash.js";
import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal, trusted } from "../identifiers.js";

/** A server notices within a second that a client was killed; until then the dead run's session still holds the lock. */
const lockTries = 8;
const lockPauseMs = 250;

/**
 * Keeps other runs away until the session ends, however it ends: those of the same migration from this database, and
 * whoever loads one of the tables. Throws "temporary" naming the session that holds a lock.
 */
export async function lockAgainstOthers(
  connection: Connection,
  { migration, tables }: { readonly migration: string; readonly tables: readonly FoundTable[] },
): Promise<void> {
  const [[database] = []] = await connection.query(sql`SELECT database()`);
  await lockName(connection, `migration ${migration} ${database}`, `another run of ${migration} holds this target`);
  for (const { qualifiedName } of tables)
    await lockName(connection, `load ${qualifiedName}`, `another run is loading ${qualifiedName}`);
}

// A lock's name has 64 characters at most, and is the whole server's.
async function lockName(connection: Connection, text: string, meaning: string): Promise<void> {
  const name = literal(`waybill ${sha256(text).slice("sha256:".length, 47)}`);
  for (let tries = 0; tries < lockTries; tries += 1) {
    if (tries > 0) await pause(lockPauseMs);
    const [[locked] = []] = await connection.query(sql`SELECT get_lock(${name}, 0)`);
    if (locked === "1") return;
  }
  const [[holder] = []] = await connection.query(sql`SELECT is_used_lock(${name})`);
  const who = holder == null ? "it has just ended" : await sessionOf(connection, holder);
  throw new StageError("temporary", `${meaning}: ${who}`, "try again when it is done");
}

/** A session as far as the server tells this user of it: its number, who it is, its program, and since when. */
export async function sessionOf(connection: Connection, id: string): Promise<string> {
  const number = trusted(String(Number(id)));
  const ask = async (select: Parameters<Connection["query"]>[0]) =>
    (await connection.query(select).catch(() => []))[0]?.[0] ?? undefined;
  const user = await ask(
    sql`SELECT concat(user, ' from ', host) FROM information_schema.PROCESSLIST WHERE id = ${number}`,
  );
  const idle = await ask(sql`SELECT concat('idle for ', TIME, ' s') FROM information_schema.PROCESSLIST
    WHERE id = ${number} AND COMMAND = 'Sleep'`);
  const program = await ask(sql`SELECT attr_value FROM performance_schema.session_connect_attrs
    WHERE processlist_id = ${number} AND attr_name = 'program_name'`);
  const since = await ask(sql`SELECT concat('in a transaction since ', trx_started) FROM information_schema.INNODB_TRX
    WHERE trx_mysql_thread_id = ${number}`);
  return [`connection ${id}`, user, program, since, idle].filter((one) => one !== undefined).join(", ");
}

/** Locks that keep nobody from reading, nor from locking a table against writers. */
const harmless = ["SHARED", "SHARED_HIGH_PRIO", "SHARED_READ", "SHARED_READ_LOW_PRIO", "SHARED_READ_ONLY"];

/**
 * The sessions that use a table, or only those that write it, as far as the server tells: MySQL does, MariaDB where its
 * performance schema is on or its plugin metadata_lock_info is there. Three at the most.
 */
export async function usersOf(
  connection: Connection,
  table: FoundTable,
  { writing = false } = {},
): Promise<readonly string[]> {
  for (const select of holdersOf(table, writing)) {
    const rows = await connection.query(sql`${select} ORDER BY 1 LIMIT 3`).catch(() => []);
    const found: string[] = [];
    for (const [id] of rows) if (id != null) found.push(await sessionOf(connection, id));
    if (found.length > 0) return found;
  }
  return [];
}

function holdersOf({ schema, name }: FoundTable, writing: boolean): readonly Sql[] {
  const only = (mode: Sql): Sql => (writing ? sql`AND ${mode} NOT IN (${join(harmless.map(literal), ", ")})` : sql``);
  return [
    sql`SELECT DISTINCT holder.PROCESSLIST_ID FROM performance_schema.metadata_locks AS held
      JOIN performance_schema.threads AS holder ON holder.THREAD_ID = held.OWNER_THREAD_ID
      WHERE held.OBJECT_TYPE = 'TABLE' AND held.OBJECT_SCHEMA = ${literal(schema)} AND held.OBJECT_NAME = ${literal(name)}
        AND held.LOCK_STATUS = 'GRANTED' AND holder.PROCESSLIST_ID <> connection_id() ${only(sql`held.LOCK_TYPE`)}`,
    sql`SELECT DISTINCT THREAD_ID FROM information_schema.METADATA_LOCK_INFO
      WHERE TABLE_SCHEMA = ${literal(schema)} AND TABLE_NAME = ${literal(name)} AND THREAD_ID <> connection_id()
        ${only(sql`replace(LOCK_MODE, 'MDL_', '')`)}`,
  ];
}
