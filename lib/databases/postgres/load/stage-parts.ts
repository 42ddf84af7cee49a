// What holds of parts that arrive in a staging table:
// 1. A part's rows and its line in waybill.loads commit together; a part whose line is there is not read again.
// 2. Nothing is written where a line names another content than the part has now.
// 3. When it is over, the staging table holds as many rows as the lines say, or the load fails.
// 4. A worker of a run that was killed has ended before what it left is looked at.
import type { Sql } from "../../../model/names.js";
import { type ArrivingParts, arriveWhole, arrivingKey, goesOn, linesFit, missingParts } from "../../arriving-parts.js";
import type { PartToLoad } from "../../target-port.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { literal, qualified, sql } from "../identifiers.js";
import { type GenerationKey, linesOf, writeLine } from "./generations.js";
import { isKept } from "./kept-tables.js";
import { openGeneration, readOpening } from "./open-generation.js";
import type { Sessions } from "./sessions.js";

/** Parts that are to arrive, and where. */
export interface Staging extends ArrivingParts {
  readonly key: GenerationKey;
  /** The staging table, as nextTable or arrivingTable name it. */
  readonly kept: string;
  /** Makes it, empty; called in a transaction of the main session. */
  create(connection: Connection): Promise<void>;
}

/**
 * Brings all parts into the staging table, several at once, each in a transaction of its own together with its line: how
 * many rows there are then. Goes on where an earlier run of the same generation stopped. Throws "integrity" where a line names another content.
 */
export async function stageParts(sessions: Sessions, staging: Staging): Promise<number> {
  const { main } = sessions;
  return await arriveWhole(staging, {
    kept: staging.kept,
    begin: (anew) => begin(main, staging, anew),
    arrive: async () => {
      const missing = missingParts(await linesOf(main, arrivingKey(staging.key)), staging);
      await sessions.each(missing, staging.jobs, (connection, part) => stagePart(connection, staging, part));
    },
    countStaged: () => countStaged(main, staging),
  });
}

async function begin(main: Connection, staging: Staging, anew: boolean): Promise<void> {
  const { key, kept, mode, way, shape } = staging;
  await main.transaction(async () => {
    await main.query(sql`SELECT pg_advisory_xact_lock(${workersLock(staging)})`);
    const isOpen = !anew && goesOn(await readOpening(main, key), staging);
    if (isOpen && (await isKept(main, kept)) && linesFit(await linesOf(main, arrivingKey(key)), staging)) return;
    await openGeneration(main, key, { mode, way, shape });
    await staging.create(main);
  });
}

async function stagePart(connection: Connection, staging: Staging, part: PartToLoad): Promise<void> {
  const { table: name, columns, kept } = staging;
  const key = arrivingKey(staging.key);
  await connection.transaction(async () => {
    await connection.query(sql`SELECT pg_advisory_xact_lock_shared(${workersLock(staging)})`);
    // The part may have been committed before its answer got lost; who still commits it holds this lock.
    await connection.query(
      sql`SELECT pg_advisory_xact_lock(hashtextextended(${literal(`waybill ${kept} ${part.name}`)}, 0))`,
    );
    if ((await linesOf(connection, key)).some((line) => line.part === part.name)) return;
    await copyPart(connection, { sql: qualified(kept), name, columns }, part);
    const { hash, rowCount } = part;
    await writeLine(connection, key, { generation: key.generation, part: part.name, hash, rowCount });
  });
}

// Held shared by each worker's transaction: whoever gets it alone knows that no worker is left, also of a run that died.
const workersLock = ({ kept }: Staging): Sql => sql`hashtextextended(${literal(`waybill stage ${kept}`)}, 0)`;

async function countStaged(connection: Connection, { kept }: Staging): Promise<number> {
  const [row] = await connection.query<{ count: string }>(sql`SELECT count(*) AS count FROM ${qualified(kept)}`);
  return Number(row?.count);
}
