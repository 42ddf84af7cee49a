// What holds of replacing a table by another one in MySQL, where each ALTER and RENAME commits by itself:
// 1. The new table is whole before the live one is touched: rows, keys, indexes, statistics; and it is like the live one
//    in all that the catalog says, or nothing has happened.
// 2. The exchange of names is one statement: nobody sees no table, an empty one, or half of one.
// 3. It is announced in the ledger before, and settled there after. A run that died in between left either the next table
//    or the previous one, and by that the next run knows which of the two it has to do: see settleSwap.
// 4. Rows that somebody wrote at the last moment are not lost: the former rows are counted once nobody can write them any
//    more, and if they are others than were ours to replace, the names are exchanged back.
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import { hashOf } from "../../../model/hash.js";
import type { Sql } from "../../../model/names.js";
import { assertSame, lostBetween } from "../../table-aspects.js";
import type { LoadOutcome, LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { trusted } from "../identifiers.js";
import { analyse } from "./after-load.js";
import { nextNumber } from "./generations.js";
import { nextTable, previousTable } from "./kept-tables.js";
import { sumOfRows } from "./known-rows.js";
import { buildIndexes, createNextTable } from "./next-table.js";
import { assertLoadable, assertOurs } from "./obstacles.js";
import { announceSwap, forgetOpen } from "./open-generation.js";
import { assertOwnKeysHold } from "./own-keys.js";
import { refusalOf } from "./refused.js";
import type { Sessions } from "./sessions.js";
import { settleSwap } from "./settle-swap.js";
import { waitingAtMost } from "./short-wait.js";
import { aspectsOf, shapeOf, showCreate } from "./show-create.js";
import { type Staging, stageParts } from "./stage-parts.js";
import { usersOf } from "./table-lock.js";
import type { TargetConnection } from "./target-connection.js";

/** Exchanges a table for one that holds the rows of the parts, or changes nothing. Its foreign keys stand aside. */
export async function replaceBySwap(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  const live = await findTable(main, request.table);
  await assertLoadable(main, live, request.columns);
  const staging = stagingOf(live, request, shapeOf(await showCreate(main, live)));
  try {
    const rowCount = await stageParts(sessions, staging);
    await buildIndexes(main, { live, next: staging.kept });
    await analyse(main, staging.kept);
    return await exchange(main, { request, staging, rowCount });
  } catch (error) {
    // What the database refused it would refuse again: the rows would only take up room. Else the next run goes on with them.
    if (refusalOf(error) !== undefined) await forgetOpen(main, live).catch(() => undefined);
    throw error;
  }
}

function stagingOf(live: FoundTable, request: LoadRequest, tableShape: string): Staging {
  const { migration, generation, table, columns, parts, jobs, rejects } = request;
  // Of a part without rows that were put aside other rows arrive than of the whole one.
  const shape = hashOf({ table: tableShape, aside: rejects.aside?.hash ?? null });
  const key = { migration, table: live.qualifiedName, generation };
  const kept = nextTable(live);
  const create = (connection: TargetConnection) => createNextTable(connection, { live, next: kept });
  return { key, live, kept, create, table, columns, parts, jobs, mode: "replace", way: "swap", shape };
}

interface Exchange {
  readonly request: LoadRequest;
  readonly staging: Staging;
  readonly rowCount: number;
}

async function exchange(main: TargetConnection, { request, staging, rowCount }: Exchange): Promise<LoadOutcome> {
  const { live, kept: next, key, shape } = staging;
  await keepNumbering(main, live, next);
  await assertAlike(main, live, next);
  await assertOwnKeysHold(main, { live, rows: next, request });
  const before = await assertOurs(main, live, request);
  const number = await nextNumber(main, live.qualifiedName);
  const previous = previousTable(live, number);
  await main.execute(sql`DROP TABLE IF EXISTS ${previous.sql}`);
  const quarantined = request.rejects.aside?.rowCount ?? 0;
  const loadedSum = await sumOfRows(main, next);
  await announceSwap(main, key, { shape, swapping: { before, number, rowCount, loadedSum, quarantined } });
  await request.beforeCommit();
  await renameSoon(main, live, sql`RENAME TABLE ${live.sql} TO ${previous.sql}, ${next.sql} TO ${live.sql}`);
  const counts = await settleSwap(main, live);
  if (counts !== undefined) return { way: "swap", counts, warnings: [] };
  throw new StageError(
    "temporary",
    `${live.qualifiedName}: somebody wrote to it while its rows were exchanged; it is as it was, with what was written`,
    "stop whoever writes to it, then run the same command again",
  );
}

// A number that was given once is not given again, also where its row is gone.
async function keepNumbering(main: TargetConnection, live: FoundTable, next: FoundTable): Promise<void> {
  const { nextNumber: number } = await showCreate(main, live);
  if (number !== undefined) await main.execute(sql`ALTER TABLE ${next.sql} AUTO_INCREMENT = ${trusted(number)}`);
}

// Triggers would be lost, and foreign keys stand aside or rule a swap out: that was decided before.
async function assertAlike(main: Connection, live: FoundTable, next: FoundTable): Promise<void> {
  const [was, is] = [await aspectsOf(main, live), await aspectsOf(main, next)];
  assertSame(new Map([[live.qualifiedName, lostBetween(was, is)]]));
}

async function stillUsed(main: Connection, live: FoundTable, error: StageError): Promise<StageError> {
  const users = await usersOf(main, live);
  const who = users.length === 0 ? "somebody" : users.join(", and ");
  const message = `${live.qualifiedName} is in use by ${who}: its new rows could not take its place`;
  return new StageError("temporary", message, "let them come to their end, then run the same command again", error);
}

const waitMs = 60_000;
const pauseMs = 500;

// Whoever waits to rename a table makes all later readers wait too: so it is waited for in short bits.
async function renameSoon(main: TargetConnection, live: FoundTable, rename: Sql): Promise<void> {
  const endMs = performance.now() + waitMs;
  await waitingAtMost(main, 1, async () => {
    for (;;) {
      try {
        await main.execute(rename);
        return;
      } catch (error) {
        const isBusy = error instanceof StageError && error.kind === "temporary" && !main.isLost();
        if (!isBusy) throw error;
        if (performance.now() > endMs) throw await stillUsed(main, live, error);
        await pause(pauseMs);
      }
    }
  });
}
