// What holds of parts that arrive in a staging table:
// 1. A part's rows and its line in waybill_loads commit together; a part whose line is there is not read again.
// 2. Nothing is written where a line names another content than the part has now.
// 3. When it is over, the staging table holds as many rows as the lines say, or the load fails.
// 4. The line is written first: of two sessions that bring one part, as after an answer that got lost, one waits for the
//    other at the ledger's key, and then knows what became of it.
import { sql } from "../../../mapping/sql.js";
import { type ArrivingParts, arriveWhole, arrivingKey, goesOn, linesFit, missingParts } from "../../arriving-parts.js";
import { columnsOf, type FoundTable } from "../catalog.js";
import { type GenerationKey, linesOf, numberOf, writeLine } from "./generations.js";
import { isThere } from "./kept-tables.js";
import { loadPart } from "./load-part.js";
import { forgetOpen, openGeneration, readOpening } from "./open-generation.js";
import { refusalOf } from "./refused.js";
import type { Sessions } from "./sessions.js";
import type { TargetConnection } from "./target-connection.js";

/** Parts that are to arrive, and where. */
export interface Staging extends ArrivingParts {
  readonly key: GenerationKey;
  /** The table they are meant for. */
  readonly live: FoundTable;
  /** The staging table, as nextTable or arrivingTable name it. */
  readonly kept: FoundTable;
  /** Makes it, empty. */
  create(connection: TargetConnection): Promise<void>;
}

/**
 * Brings all parts into the staging table, several at once, each in a transaction of its own together with its line: how
 * many rows there are then. Goes on where an earlier run of the same generation stopped. Throws "integrity" where a line names another content.
 */
export async function stageParts(sessions: Sessions, staging: Staging): Promise<number> {
  const { main } = sessions;
  return await arriveWhole(staging, {
    kept: staging.kept.qualifiedName,
    begin: (anew) => begin(main, staging, anew),
    arrive: () => arrive(sessions, staging),
    countStaged: () => numberOf(main, sql`SELECT count(*) FROM ${staging.kept.sql}`),
  });
}

async function begin(main: TargetConnection, staging: Staging, anew: boolean): Promise<void> {
  const { key, live, kept, mode, way, shape } = staging;
  const isOpen = !anew && goesOn(await readOpening(main, live, key), staging);
  if (isOpen && (await isThere(main, kept)) && linesFit(await linesOf(main, arrivingKey(key)), staging)) return;
  await forgetOpen(main, live);
  await staging.create(main);
  await openGeneration(main, key, { mode, way, shape });
}

async function arrive(sessions: Sessions, staging: Staging): Promise<void> {
  const key = arrivingKey(staging.key);
  const missing = missingParts(await linesOf(sessions.main, key), staging);
  const known = await columnsOf(sessions.main, staging.kept.place);
  const columns = staging.columns.flatMap((name) => known.filter((column) => column.name === name));
  const goal = { sql: staging.kept.sql, name: staging.table, columns };
  const jobs = (await takesTurns(sessions.main, staging.kept)) ? Math.min(2, staging.jobs) : staging.jobs;
  await sessions.each(missing, jobs, async (connection, part) => {
    const { hash, rowCount } = part;
    const line = { generation: key.generation, part: part.name, hash, rowCount };
    await connection.transaction(async () => {
      if (await isArrived(writeLine(connection, key, line))) return;
      await loadPart(connection, goal, part);
    });
  });
}

// For a table that numbers its rows MariaDB runs one LOAD DATA after another, as MySQL 5.7 does. One waits, so that the next
// begins at once; of many the last would wait longer than a lock may.
async function takesTurns(connection: TargetConnection, { place }: FoundTable): Promise<boolean> {
  const rows = await connection.query(sql`SELECT 1 FROM information_schema.COLUMNS
    WHERE ${place} AND EXTRA LIKE '%auto_increment%' AND @@GLOBAL.innodb_autoinc_lock_mode < 2`);
  return rows.length > 0;
}

const duplicateKey = 1062;

async function isArrived(writing: Promise<void>): Promise<boolean> {
  try {
    await writing;
    return false;
  } catch (error) {
    if (refusalOf(error) === duplicateKey) return true;
    throw error;
  }
}
