import { setTimeout as wait } from "node:timers/promises";
import { join, sql } from "../../mapping/sql.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { productOf } from "./catalog.js";
import type { Connection, Value } from "./connection.js";
import { identifier, trusted } from "./identifiers.js";

/** Holds commits back for as long as the session lasts; false where that is not granted, or not had in time. */
export type SnapshotLock = (locker: Connection) => Promise<boolean>;

/** How long writers may be kept waiting for one lock, seconds: what is not had by then is given up. */
const lockSeconds = 10;

/** All commits of the server are held back. */
export async function globalLock(locker: Connection): Promise<boolean> {
  return (await isQuiet(locker)) && (await isHad(locker, sql`FLUSH TABLES WITH READ LOCK`));
}

/**
 * All tables and views of the database are locked, and with a view whatever it reads; false where the user sees other
 * databases too, of which nothing is known here.
 */
export async function tableLocks(locker: Connection): Promise<boolean> {
  const others = await locker.query(sql`SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME <> database()
    AND SCHEMA_NAME NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') LIMIT 1`);
  const tables = await locker.query(sql`SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = database() AND TABLE_TYPE <> 'SEQUENCE' ORDER BY cast(TABLE_NAME AS binary)`);
  if (others.length > 0 || tables.length === 0) return false;
  const locks = tables.map(([name]) => sql`${identifier(name ?? "")} READ`);
  return await isHad(locker, sql`LOCK TABLES ${join(locks, ", ")}`);
}

// On MySQL whoever asks for a table that some statement still reads then waits until that ends, also when we have given the
// lock up long before. So it is asked for only where nothing has run for as much as a second.
async function isQuiet(locker: Connection): Promise<boolean> {
  if ((await productOf(locker)) === "mariadb") return true;
  // Denied to those who may not see the statements of others.
  if (!(await isHad(locker, sql`SELECT count(*) FROM information_schema.INNODB_TRX`))) return false;
  for (let second = 0; second < lockSeconds; second++) {
    const sessions = await locker.query(sql`SHOW PROCESSLIST`);
    if (!sessions.some(isLong)) return true;
    await wait(1000);
  }
  return false;
}

// A replica's own threads say that they wait for something to do.
function isLong([, user, , , command, seconds]: readonly Value[]): boolean {
  return user !== "system user" && (command === "Query" || command === "Execute") && Number(seconds) > 0;
}

async function isHad(locker: Connection, lock: Sql): Promise<boolean> {
  await locker.query(sql`SET SESSION lock_wait_timeout = ${trusted(String(lockSeconds))}`);
  try {
    await locker.query(lock);
    return true;
  } catch (error) {
    // Whatever stands in its way (a privilege, a writer, a view of a table that is gone), there is another way.
    if (error instanceof StageError) return false;
    throw error;
  }
}
