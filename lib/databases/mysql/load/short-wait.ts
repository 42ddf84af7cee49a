import { sql } from "../../../mapping/sql.js";
import type { Connection } from "../connection.js";
import { trusted } from "../identifiers.js";

/** Runs `work` while the session waits for no lock on a table longer than so many seconds, nor longer than it would anyway. */
export async function waitingAtMost<Result>(
  connection: Connection,
  seconds: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const [[text] = []] = await connection.query(sql`SELECT @@SESSION.lock_wait_timeout`);
  const usual = Number(text);
  const set = (value: number) => connection.query(sql`SET SESSION lock_wait_timeout = ${trusted(String(value))}`);
  await set(Math.min(seconds, usual));
  try {
    return await work();
  } finally {
    // Where the session is gone, so is the setting.
    await set(usual).catch(() => undefined);
  }
}
