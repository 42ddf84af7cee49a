// What holds of parts that arrive in a staging table:
// 1. A part's rows and its line in waybill_loads commit together; a part whose line is there is not read again.
// 2. Nothing is written where a line names another content than the part has now.
// 3. When it is over, the staging table holds as many rows as the lines say, or the load fails.
// 4. The line is written first: of two sessions that bring one part, as after an answer that got lost, one waits for the
//    other at the ledger's key, and then knows what became of it.
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { LoadLine, PartToLoad } from "../../target-port.js";
import { columnsOf, type FoundTable } from "../catalog.js";
import { type GenerationKey, linesOf, numberOf, writeLine } from "./generations.js";
import { isThere } from "./kept-tables.js";
import { loadPart } from "./load-part.js";
import { arrivingKey, forgetOpen, type Opening, openGeneration, readOpening } from "./open-generation.js";
import { refusalOf } from "./refused.js";
import type { Sessions } from "./sessions.js";
import type { TargetConnection } from "./target-connection.js";

/** Parts that are to arrive, and where. */
export interface Staging extends Opening {
  readonly key: GenerationKey;
  /** The table they are meant for. */
  readonly live: FoundTable;
  /** The staging table, as nextTable or arrivingTable name it. */
  readonly kept: FoundTable;
  /** Makes it, empty. */
  create(connection: TargetConnection): Promise<void>;
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
  for (const anew of [false, true]) {
    await begin(sessions.main, staging, { anew });
    await arrive(sessions, staging);
    // Anything else, and somebody has emptied or filled the staging table behind our back.
    if ((await countStaged(sessions.main, staging)) === promised) return promised;
  }
  throw new StageError(
    "integrity",
    `${staging.table}: ${promised} rows arrived in ${staging.kept.qualifiedName}, and it holds ${await countStaged(sessions.main, staging)}`,
    "somebody else writes there: stop that, then run the same command again",
  );
}

async function begin(main: TargetConnection, staging: Staging, { anew }: { readonly anew: boolean }): Promise<void> {
  const { key, live, kept, mode, way, shape } = staging;
  const opening = anew ? undefined : await readOpening(main, live, key);
  const goesOn = opening?.mode === mode && opening.way === way && opening.shape === shape;
  if (goesOn && (await isThere(main, kept)) && (await linesFit(main, staging))) return;
  await forgetOpen(main, live);
  await staging.create(main);
  await openGeneration(main, key, { mode, way, shape });
}

/** Whether all lines are of parts that are to arrive. Throws "integrity" where one names another content. */
async function linesFit(main: TargetConnection, { key, parts, table }: Staging): Promise<boolean> {
  for (const line of await linesOf(main, arrivingKey(key))) {
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
  const known = await columnsOf(sessions.main, staging.kept.place);
  const columns = staging.columns.flatMap((name) => known.filter((column) => column.name === name));
  const goal = { sql: staging.kept.sql, name: staging.table, columns };
  await sessions.each(missing, staging.jobs, async (connection, part) => {
    const { hash, rowCount } = part;
    const key = arrivingKey(staging.key);
    const line = { generation: key.generation, part: part.name, hash, rowCount };
    await connection.transaction(async () => {
      if (await isArrived(writeLine(connection, key, line))) return;
      await loadPart(connection, goal, part);
    });
  });
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

async function countStaged(main: TargetConnection, { kept }: Staging): Promise<number> {
  return await numberOf(main, sql`SELECT count(*) FROM ${kept.sql}`);
}
