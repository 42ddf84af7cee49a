// What holds of parts that arrive in a staging table:
// 1. A part's rows and its line in waybill.loads commit together; a part whose line is there is not read again.
// 2. Nothing is written where a line names another content than the part has now.
// 3. When it is over, the staging table holds as many rows as the lines say, or the load fails.
// 4. A worker of a run that was killed has ended before what it left is looked at.
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { LoadLine, PartToLoad } from "../../target-port.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { literal, qualified, sql } from "../identifiers.js";
import { type GenerationKey, linesOf, writeLine } from "./generations.js";
import { isKept } from "./kept-tables.js";
import { arrivingKey, type Opening, openGeneration, readOpening } from "./open-generation.js";
import type { Sessions } from "./sessions.js";

/** Parts that are to arrive, and where. */
export interface Staging extends Opening {
  readonly key: GenerationKey;
  /** The staging table, as nextTable or arrivingTable name it. */
  readonly kept: string;
  /** Makes it, empty; called in a transaction of the main session. */
  create(connection: Connection): Promise<void>;
  /** The table as the specification writes it, for messages. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly parts: readonly PartToLoad[];
  readonly jobs: number;
}

/**
 * Brings all parts into the staging table, several at once, each in a transaction of its own together with its line: how
 * many rows there are then. Goes on where an earlier run of the same generation stopped. Throws "integrity" where a line names another content.
 */
export async function stageParts(sessions: Sessions, staging: Staging): Promise<number> {
  const promised = staging.parts.reduce((sum, part) => sum + part.rowCount, 0);
  await begin(sessions.main, staging, { anew: false });
  await arrive(sessions, staging);
  if ((await countStaged(sessions.main, staging)) === promised) return promised;
  // Somebody emptied or filled the staging table behind our back.
  await begin(sessions.main, staging, { anew: true });
  await arrive(sessions, staging);
  const found = await countStaged(sessions.main, staging);
  if (found === promised) return promised;
  throw new StageError(
    "integrity",
    `${staging.table}: ${promised} rows arrived in ${staging.kept}, and it holds ${found}`,
    "somebody else writes there: stop that, then run the same command again",
  );
}

async function begin(main: Connection, staging: Staging, { anew }: { readonly anew: boolean }): Promise<void> {
  const { key, mode, way, shape } = staging;
  await main.transaction(async () => {
    await main.query(sql`SELECT pg_advisory_xact_lock(${workersLock(staging)})`);
    const opening = anew ? undefined : await readOpening(main, key);
    const goesOn = opening?.mode === mode && opening.way === way && opening.shape === shape;
    if (goesOn && (await isKept(main, staging.kept)) && (await linesFit(main, staging))) return;
    await openGeneration(main, key, { mode, way, shape });
    await staging.create(main);
  });
}

/** Whether all lines are of parts that are to arrive. Throws "integrity" where one names another content. */
async function linesFit(connection: Connection, { key, parts, table }: Staging): Promise<boolean> {
  const lines = await linesOf(connection, arrivingKey(key));
  for (const line of lines) {
    const part = parts.find(({ name }) => name === line.part);
    if (part !== undefined && part.hash !== line.hash) throw otherContent(table, line);
    // Rows may have been put aside since, or no longer are.
    if (part?.rowCount !== line.rowCount) return false;
  }
  return true;
}

function otherContent(table: string, { part, rowCount }: LoadLine): StageError {
  return new StageError(
    "integrity",
    `${table}: ${part} has arrived in the target with other content, ${rowCount} rows; nothing was written`,
    `run transform again, so that its output gets a name of its own: waybill transform ${table} --force`,
  );
}

async function arrive(sessions: Sessions, staging: Staging): Promise<void> {
  const there = new Set((await linesOf(sessions.main, arrivingKey(staging.key))).map(({ part }) => part));
  const missing = staging.parts.filter(({ name }) => !there.has(name));
  await sessions.each(missing, staging.jobs, (connection, part) => stagePart(connection, staging, part));
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
