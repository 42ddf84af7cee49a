// What holds of replacing a table by another one:
// 1. The new table is whole before the live one is touched: rows, keys, indexes, statistics.
// 2. The exchange, the ledger's lines and what is kept for taking it back are one short transaction.
// 3. All that the catalog says of the table is the same afterwards, or nothing has happened.
// 4. Nobody sees an empty table: not even a transaction that began before the rows were there.
// 5. Rows that the ledger does not account for are never removed unless the caller confirmed it.
import { setTimeout as pause } from "node:timers/promises";
import { StageError } from "../../../model/errors.js";
import { hashOf } from "../../../model/hash.js";
import type { Undo } from "../../kept-port.js";
import { assertSame, lostBetween } from "../../table-aspects.js";
import type { LoadOutcome, LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, identifier, parseQualified, qualified, sql } from "../identifiers.js";
import { errorCode, refusalOf } from "../server-errors.js";
import { attachmentsOf } from "./attachments.js";
import { assertKeysHold } from "./enforced-keys.js";
import { settleGeneration } from "./generations.js";
import { nextTable, previousTable } from "./kept-tables.js";
import { buildIndexes, indexesOf, type NextIndex } from "./next-indexes.js";
import { createNextTable } from "./next-table.js";
import { assertLoadable } from "./obstacles.js";
import { outliveSnapshots } from "./old-snapshots.js";
import { forgetOpen, takeOverLines } from "./open-generation.js";
import { assertOurs } from "./replace-in-place.js";
import type { Sessions } from "./sessions.js";
import { type Staging, stageParts } from "./stage-parts.js";
import { lockTable } from "./table-lock.js";
import { shapeOf, snapshotOf } from "./table-snapshot.js";

/** Exchanges a table for one that holds the rows of the parts, or changes nothing. Its foreign keys stand aside. */
export async function replaceBySwap(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  const live = await findTable(main, request.table);
  await assertLoadable(main, live, request.columns);
  const { shape, indexes } = await main.transaction(async () => ({
    shape: shapeOf(await snapshotOf(main, live.oid)),
    indexes: await indexesOf(main, live),
  }));
  try {
    const staging = stagingOf(live, request, shape);
    const rowCount = await stageParts(sessions, staging);
    await buildIndexes(sessions, live.qualifiedName, { indexes, jobs: request.jobs });
    await main.execute(sql`ANALYZE ${qualified(staging.kept)}`);
    return await exchange(main, { request, live, shape, indexes, rowCount });
  } catch (error) {
    await forgetRefused(main, live, error);
    throw error;
  }
}

function stagingOf(live: FoundTable, request: LoadRequest, tableShape: string): Staging {
  const { migration, generation, table, columns, parts, jobs, rejects } = request;
  // Of a part without rows that were put aside other rows arrive than of the whole one.
  const shape = hashOf({ table: tableShape, aside: rejects.aside?.hash ?? null });
  const key = { migration, table: live.qualifiedName, generation };
  const kept = nextTable(live.qualifiedName);
  const create = (connection: Connection) => createNextTable(connection, live);
  return { key, kept, create, table, columns, parts, jobs, mode: "replace", way: "swap", shape };
}

// What the database refused it would refuse again: the rows would only take up room. Else the next run goes on with them.
async function forgetRefused(main: Connection, live: FoundTable, error: unknown): Promise<void> {
  if (refusalOf(error) === undefined) return;
  await main.transaction(() => forgetOpen(main, live.qualifiedName)).catch(() => undefined);
}

interface Exchange {
  readonly request: LoadRequest;
  readonly live: FoundTable;
  readonly shape: string;
  readonly indexes: readonly NextIndex[];
  readonly rowCount: number;
}

const waitMs = 60_000;
const pauseMs = 500;

// The lock that keeps readers out is waited for in short bits: whoever waits for it makes all later readers wait too.
async function exchange(main: Connection, whole: Exchange): Promise<LoadOutcome> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    await outliveSnapshots(main);
    try {
      return await main.transaction(() => exchangeNow(main, whole));
    } catch (error) {
      const isBusy = error instanceof StageError && errorCode(error.cause) === "55P03";
      if (!isBusy || performance.now() > endMs) throw error;
      await pause(pauseMs);
    }
  }
}

async function exchangeNow(
  main: Connection,
  { request, live, shape, indexes, rowCount }: Exchange,
): Promise<LoadOutcome> {
  await lockTable(main, live);
  const before = await assertOurs(main, live, request);
  const next = await findTable(main, nextTable(live.qualifiedName));
  const was = await snapshotOf(main, live.oid);
  if (shapeOf(was) !== shape) throw changedMeanwhile(live);
  for (const { finish } of indexes) for (const step of finish) await main.execute(step);
  const { release, strip, attach } = await attachmentsOf(main, { live, next });
  await main.execute(sql`SET LOCAL lock_timeout = '700ms'`);
  await main.execute(sql`LOCK TABLE ${live.sql} IN ACCESS EXCLUSIVE MODE`);
  for (const step of release) await main.execute(step);
  const undo = await putAway(main, live, { strip, rows: before });
  await putInPlace(main, { live, next, indexes });
  for (const step of attach) await main.execute(step);
  assertSame(new Map([[live.qualifiedName, lostBetween(was, await snapshotOf(main, next.oid))]]));
  // Now, and not when all is committed: a row that a key refuses must leave the table as it was.
  await assertKeysHold(main, { ...live, oid: next.oid }, request);
  await request.beforeCommit();
  const { migration, generation } = request;
  const key = { migration, table: live.qualifiedName, generation };
  await takeOverLines(main, key);
  const quarantined = request.rejects.aside?.rowCount ?? 0;
  const counts = { before, inserted: rowCount, updated: 0, unchanged: 0, quarantined, after: rowCount };
  await settleGeneration(main, key, { mode: "replace", way: "swap", counts, undo });
  return { way: "swap", counts, warnings: [] };
}

function changedMeanwhile({ qualifiedName }: FoundTable): StageError {
  return new StageError(
    "temporary",
    `${qualifiedName} was altered while its rows arrived`,
    "run the same command again: it starts over with the table as it is now",
  );
}

interface PutAway {
  readonly strip: readonly ReturnType<typeof sql>[];
  readonly rows: number;
}

// Bare columns and rows in our schema, for their owner alone: no index takes up room, no default depends on a sequence.
async function putAway(main: Connection, live: FoundTable, { strip, rows }: PutAway): Promise<Undo> {
  const kept = previousTable(live.qualifiedName);
  await main.execute(sql`DROP TABLE IF EXISTS ${qualified(kept)}`);
  if (rows === 0) {
    await main.execute(sql`DROP TABLE ${live.sql}`);
    return { kind: "empty" };
  }
  for (const step of strip) await main.execute(step);
  await rename(main, live.qualifiedName, kept);
  return { kind: "previous table", table: kept, rows };
}

// The name first: in the other schema somebody else's table may bear the one it has now.
async function rename(main: Connection, from: string, to: string): Promise<void> {
  const [there, here] = [parseQualified(to), parseQualified(from)];
  const middle = qualified(formatQualified(here.schema ?? "", there.name));
  await main.execute(sql`ALTER TABLE ${qualified(from)} RENAME TO ${identifier(there.name)}`);
  await main.execute(sql`ALTER TABLE ${middle} SET SCHEMA ${identifier(there.schema ?? "")}`);
}

async function putInPlace(
  main: Connection,
  { live, next, indexes }: Pick<Exchange, "live" | "indexes"> & { readonly next: FoundTable },
): Promise<void> {
  const { schema = "", name } = parseQualified(live.qualifiedName);
  const middle = qualified(formatQualified(schema, parseQualified(next.qualifiedName).name));
  await main.execute(sql`ALTER TABLE ${next.sql} SET SCHEMA ${identifier(schema)}`);
  await main.execute(sql`ALTER TABLE ${middle} RENAME TO ${identifier(name)}`);
  for (const { name: indexName, nextName, constraint } of indexes) {
    const [from, to] = [identifier(nextName), identifier(indexName)];
    await main.execute(
      constraint
        ? sql`ALTER TABLE ${live.sql} RENAME CONSTRAINT ${from} TO ${to}`
        : sql`ALTER INDEX ${qualified(formatQualified(schema, nextName))} RENAME TO ${to}`,
    );
  }
}
