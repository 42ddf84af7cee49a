// What holds of merging parts into a table:
// 1. Parts arrive beside the table; what they change becomes visible in one transaction, together with the ledger's lines.
// 2. Before that transaction commits, the rows it changes lie on the disk as they were.
// 3. What is refused leaves nothing behind; what is interrupted goes on where it was.
// 4. DDL commits by itself: it comes before the transaction, and after it. What a crash leaves then is the staging table
//    of a generation that is live, which goes with the next look at the table.
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import { hashOf } from "../../../model/hash.js";
import { settleMerge } from "../../settle-merge.js";
import type { ChosenWay, LoadCheck, LoadCounts, LoadOutcome, LoadRequest } from "../../target-port.js";
import { columnsOf, type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { identifiers } from "../identifiers.js";
import { type GenerationKey, isLive, settleGeneration } from "./generations.js";
import { arrivingTable } from "./kept-tables.js";
import { assertMergeKey } from "./merge-key.js";
import { assertLoadable, countRows } from "./obstacles.js";
import { forgetOpen, takeOverLines } from "./open-generation.js";
import { createLike } from "./own-tables.js";
import { assertRingHolds } from "./ring-keys.js";
import type { Sessions } from "./sessions.js";
import { type Staging, stageParts } from "./stage-parts.js";
import type { TargetConnection } from "./target-connection.js";
import { keepImages } from "./touched-rows.js";
import { triggerWarnings } from "./triggers.js";
import { upsertRows } from "./upsert-rows.js";

/** Throws what merging would refuse before the first row arrives. It looks only. */
export async function assertMergeable(connection: Connection, check: LoadCheck): Promise<void> {
  const found = await findTable(connection, check.table);
  await assertLoadable(connection, found, check.columns);
  await assertMergeKey(connection, found, check);
}

/**
 * How rows are merged into a table: only those foreign keys stand aside that make a ring of tables. Triggers stay, and the
 * load says that they ran: others may write the table meanwhile, whose rows would do without them.
 */
export async function chooseMergeWay(connection: Connection, { table }: LoadCheck): Promise<ChosenWay> {
  const isRing = await isInRing(connection, await findTable(connection, table));
  if (!isRing) return { way: "merge", because: undefined, aside: undefined };
  return { way: "merge", because: "its foreign keys make a ring of tables", aside: "foreign keys" };
}

// A table that refers to itself is proved when all its rows are there.
async function isInRing(connection: Connection, start: FoundTable): Promise<boolean> {
  const seen = new Set([start.qualifiedName]);
  const waiting = [start];
  for (let table = waiting.pop(); table !== undefined; table = waiting.pop()) {
    for (const { parent } of (await describeTable(connection, table)).foreignKeys) {
      if (parent === start.qualifiedName && table !== start) return true;
      if (seen.has(parent)) continue;
      seen.add(parent);
      waiting.push(await findTable(connection, parent));
    }
  }
  return false;
}

/** Merges the rows of all parts into a table: mode "upsert" or "insert". */
export async function mergeRows(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  await assertMergeable(main, request);
  const found = await findTable(main, request.table);
  const { migration, generation } = request;
  const key = { migration, table: found.qualifiedName, generation };
  const arrived = await stagingOf(main, found, { request, key });
  const rowCount = await stageParts(sessions, arrived);
  try {
    const outcome = await main.transaction(() => settle(main, { request, found, key, arrived, rowCount }));
    await forgetOpen(main, found);
    return outcome;
  } catch (error) {
    // Refused for what the rows are: they would be refused again, and the target need not keep them.
    if (error instanceof StageError && error.kind === "integrity") await forgetOpen(main, found);
    throw error;
  }
}

interface Asked {
  readonly request: LoadRequest;
  readonly key: GenerationKey;
}

async function stagingOf(connection: Connection, found: FoundTable, { request, key }: Asked): Promise<Staging> {
  const { table, columns, mode, parts, jobs, rejects } = request;
  const kept = arrivingTable(found);
  const known = await columnsOf(connection, found.place);
  const types = columns.map((name) => known.find((column) => column.name === name)?.databaseType ?? "");
  // Of a part without rows that were put aside other rows arrive than of the whole one.
  const shape = hashOf({ columns, types, aside: rejects.aside?.hash ?? null });
  const create = (main: TargetConnection) => createArriving(main, { found, kept, columns });
  return { key, live: found, kept, create, table, columns, parts, jobs, mode, way: "merge", shape };
}

interface Creating {
  readonly found: FoundTable;
  readonly kept: FoundTable;
  readonly columns: readonly string[];
}

async function createArriving(main: TargetConnection, { found, kept, columns }: Creating): Promise<void> {
  await main.execute(sql`DROP TABLE IF EXISTS ${kept.sql}`);
  await createLike(main, kept.sql, sql`SELECT ${identifiers(columns)} FROM ${found.sql}`);
}

interface Merging extends Asked {
  readonly found: FoundTable;
  readonly arrived: Staging;
  readonly rowCount: number;
}

async function settle(main: TargetConnection, merging: Merging): Promise<LoadOutcome> {
  const { request, found, key, arrived, rowCount } = merging;
  const mode = request.mode === "insert" ? "insert" : "upsert";
  const { triggers } = request;
  const rows = { found, merge: request, arrived: arrived.kept.sql, rowCount, mode, triggers, index: 0 } as const;
  const [merged] = await upsertRows(main, [rows]);
  await assertRingHolds(main, found, request);
  if (merged === undefined) throw new Error("one table was merged, and nothing came of it");
  const { touched, unchanged } = merged;
  const { inserted, updated } = touched;
  const after = await countRows(main, found);
  const quarantined = request.rejects.aside?.rowCount ?? 0;
  const counts: LoadCounts = { before: after - inserted, inserted, updated, unchanged, quarantined, after };
  await settleMerge(counts, {
    isLive: () => isLive(main, key),
    keepImages: () => keepImages(main, touched, request.keep),
    beforeCommit: request.beforeCommit,
    takeOverLines: () => takeOverLines(main, key),
    settle: (undo) => settleGeneration(main, key, { mode, way: "merge", counts, undo }),
  });
  return { way: "merge", counts, warnings: await triggerWarnings(main, found) };
}
