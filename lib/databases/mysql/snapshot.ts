import { sql } from "../../mapping/sql.js";
import type { Snapshot } from "../port.js";
import { productOf } from "./catalog.js";
import { type Connection, connect, type Value } from "./connection.js";
import { trusted } from "./identifiers.js";
import { globalLock, type SnapshotLock, tableLocks } from "./snapshot-locks.js";

/** Connections that read one state of the data, and what is known of that state. */
export interface SharedSnapshot {
  /** The first asks, the others copy; a single one does both. */
  readonly connections: readonly [Connection, ...Connection[]];
  readonly snapshot: Snapshot;
}

export interface SnapshotOptions {
  readonly url: string;
  readonly application: string;
  /** How many connections are wanted. */
  readonly size: number;
}

/** How often connections are begun anew until no commit came between them. */
const attempts = 25;

const begin = sql`START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY`;

/**
 * Opens connections that all see one state. A global read lock holds commits back until the last of them has begun. Where
 * the privilege is missing, MariaDB tells each connection the binlog position of its snapshot, and they are begun until
 * all tell the same. Else the tables are locked, where the user may and can read no others; or one connection has to do.
 */
export async function openSnapshot(options: SnapshotOptions): Promise<SharedSnapshot> {
  const opened: Connection[] = [];
  try {
    for (let index = 0; index < options.size; index++) opened.push(await connect(options.url, options.application));
    const [first, ...others] = opened;
    if (first === undefined) throw new RangeError("a snapshot needs a connection");
    const all = [first, ...others] as const;
    const locked = await underLock(options, globalLock, all);
    if (locked !== undefined) return shared(all, { ...locked, reached: "global read lock" });
    const position = await sameBinlogPosition(all);
    if (position !== undefined) return shared(all, { ...position, reached: "binlog position" });
    const still = await underLock(options, tableLocks, all);
    if (still !== undefined) return shared(all, { ...still, reached: "table locks" });
    for (const other of others) await other.close();
    return shared([first], { ...(await alone(first)), reached: "one connection" });
  } catch (error) {
    await Promise.all(opened.map((one) => one.close()));
    throw error;
  }
}

type Connections = SharedSnapshot["connections"];

/** Begins all snapshots while nobody commits; undefined where the lock is not granted to us, or not had in time. */
async function underLock(
  { url, application }: SnapshotOptions,
  lock: SnapshotLock,
  connections: Connections,
): Promise<Position | undefined> {
  const locker = await connect(url, application);
  try {
    if (!(await lock(locker))) return undefined;
    for (const one of connections) await one.query(begin);
    return await positionOf(connections[0]);
  } finally {
    // With the session its lock goes.
    await locker.close();
  }
}

type Reached = NonNullable<Snapshot["reached"]>;

async function shared(
  connections: Connections,
  { state, position, gtid, reached }: Position & { readonly reached: Reached },
): Promise<SharedSnapshot> {
  const uncovered = await nonTransactional(connections[0]);
  return {
    connections,
    snapshot: {
      id: state,
      isolation: "repeatable read, read only",
      position,
      ...(gtid === "" ? {} : { gtid }),
      consistency: "consistent",
      reached,
      ...(uncovered.length === 0 ? {} : { notCovered: uncovered }),
    },
  };
}

// A commit between the snapshot and the question would lend its place to a state that has not got it.
async function alone(connection: Connection): Promise<Position> {
  const before = await positionOf(connection);
  await connection.query(begin);
  const position = await positionOf(connection);
  if (position.position === before.position && position.gtid === before.gtid) return position;
  return { ...position, state: await nameOfItsOwn(connection) };
}

interface Position {
  /** Names the state of the data: equal states have equal names. */
  readonly state: string;
  readonly position: string;
  readonly gtid: string;
}

async function positionOf(connection: Connection): Promise<Position> {
  const product = await productOf(connection);
  const gtid = await textOf(connection, product === "mariadb" ? "@@gtid_current_pos" : "@@gtid_executed");
  const [file, at] = await binlogPosition(connection);
  if (file !== undefined && at !== undefined)
    return { state: `${product}:${file}:${at}`, position: `${file}:${at}`, gtid: gtid.replaceAll("\n", "") };
  const lsn = await status(connection, ["Innodb_lsn_current", "Innodb_redo_log_current_lsn"]);
  // Without a binlog, the place in InnoDB's own log: the same place is the same state, though not the other way round.
  if (lsn === undefined) return { state: await nameOfItsOwn(connection), position: "unknown", gtid };
  return { state: `${product}:lsn:${lsn}`, position: `lsn:${lsn}`, gtid };
}

async function nameOfItsOwn(connection: Connection): Promise<string> {
  return `${await productOf(connection)}:connection:${await textOf(connection, "uuid()")}`;
}

async function binlogPosition(connection: Connection): Promise<readonly Value[]> {
  for (const statement of [sql`SHOW MASTER STATUS`, sql`SHOW BINARY LOG STATUS`]) {
    const rows = await connection.query(statement).catch(() => []);
    if (rows[0] !== undefined) return rows[0];
  }
  return [];
}

// All at once: the shorter it takes, the less often a commit comes between.
async function sameBinlogPosition(connections: Connections): Promise<Position | undefined> {
  const product = await productOf(connections[0]);
  for (let attempt = 0; attempt < attempts; attempt++) {
    await Promise.all(connections.map((one) => one.query(sql`ROLLBACK`)));
    await Promise.all(connections.map((one) => one.query(begin)));
    const [position = "", ...others] = await Promise.all(connections.map(snapshotPosition));
    if (position === "") return undefined;
    if (others.every((other) => other === position)) return { state: `${product}:${position}`, position, gtid: "" };
  }
  return undefined;
}

/** Where the binlog was when this connection's snapshot began; "" where the server does not say. */
async function snapshotPosition(connection: Connection): Promise<string> {
  const file = await status(connection, ["Binlog_snapshot_file"]);
  return file === undefined || file === "" ? "" : `${file}:${await status(connection, ["Binlog_snapshot_position"])}`;
}

async function status(connection: Connection, names: readonly string[]): Promise<string | undefined> {
  const wanted = names.map((name) => `'${name}'`).join(", ");
  const [row] = await connection.query(sql`SHOW STATUS WHERE Variable_name IN (${trusted(wanted)})`);
  return row?.[1] ?? undefined;
}

async function textOf(connection: Connection, expression: string): Promise<string> {
  const rows = await connection.query(sql`SELECT ${trusted(expression)}`).catch(() => []);
  return rows[0]?.[0] ?? "";
}

/** Tables of this database whose engine knows no transactions: what is written to them meanwhile may show. */
async function nonTransactional(connection: Connection): Promise<readonly string[]> {
  const rows = await connection.query(sql`
    SELECT t.TABLE_NAME FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
    WHERE t.TABLE_SCHEMA = database() AND t.TABLE_TYPE = 'BASE TABLE' AND e.TRANSACTIONS <> 'YES'
    ORDER BY cast(t.TABLE_NAME AS binary)`);
  return rows.flatMap(([name]) => name ?? []);
}
