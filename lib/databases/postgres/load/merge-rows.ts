// What holds of merging parts into a table:
// 1. Parts arrive beside the table; what they change becomes visible in one transaction, together with the ledger's lines.
// 2. Before that transaction commits, the rows it changes lie on the disk as they were.
// 3. What is refused leaves nothing behind; what is interrupted goes on where it was.
import { StageError } from "../../../model/errors.js";
import { hashOf } from "../../../model/hash.js";
import { settleMerge } from "../../settle-merge.js";
import type { LoadCheck, LoadCounts, LoadOutcome, LoadRequest } from "../../target-port.js";
import { describeTable, type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifiers, qualified, sql } from "../identifiers.js";
import { type GenerationKey, isLive, settleGeneration } from "./generations.js";
import { arrivingTable } from "./kept-tables.js";
import { ensureLedger } from "./ledger.js";
import { assertMergeKey } from "./merge-key.js";
import { assertLoadable, triggerWarnings } from "./obstacles.js";
import { forgetOpen, takeOverLines } from "./open-generation.js";
import { countRows } from "./replace-in-place.js";
import type { Sessions } from "./sessions.js";
import { type Staging, stageParts } from "./stage-parts.js";
import { lockTable } from "./table-lock.js";
import { keepImages } from "./touched-rows.js";
import { upsertRows } from "./upsert-rows.js";
import { withTriggersAside } from "./user-triggers.js";

/** Throws what merging would refuse before the first row arrives. It looks only. */
export async function assertMergeable(connection: Connection, check: LoadCheck): Promise<void> {
  const found = await findTable(connection, check.table);
  await assertLoadable(connection, found, check.columns);
  await assertMergeKey(connection, found, check);
}

/** Merges the rows of all parts into a table: mode "upsert" or "insert". */
export async function mergeRows(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  await ensureLedger(main);
  await assertMergeable(main, request);
  const found = await findTable(main, request.table);
  const { migration, generation } = request;
  const key = { migration, table: found.qualifiedName, generation };
  const arrived = await stagingOf(main, found, { request, key });
  const rowCount = await stageParts(sessions, arrived);
  try {
    return await main.transaction(() => settle(sessions, { request, found, key, arrived, rowCount }));
  } catch (error) {
    // Refused for what the rows are: they would be refused again, and the target need not keep them.
    if (error instanceof StageError && error.kind === "integrity")
      await main.transaction(() => forgetOpen(main, found.qualifiedName));
    throw error;
  }
}

interface Asked {
  readonly request: LoadRequest;
  readonly key: GenerationKey;
}

async function stagingOf(connection: Connection, found: FoundTable, { request, key }: Asked): Promise<Staging> {
  const { table, columns, mode, parts, jobs, rejects } = request;
  const kept = arrivingTable(found.qualifiedName);
  const described = await describeTable(connection, found.qualifiedName);
  const types = columns.map((name) => described.columns.find((column) => column.name === name)?.databaseType ?? "");
  // Of a part without rows that were put aside other rows arrive than of the whole one.
  const shape = hashOf({ columns, types, aside: rejects.aside?.hash ?? null });
  // Not logged: should the server crash, it is empty, which stage-parts notices.
  const create = async () =>
    void (await connection.execute(sql`CREATE UNLOGGED TABLE ${qualified(kept)} AS
      SELECT ${identifiers(columns)} FROM ${found.sql} WITH NO DATA`));
  return { key, kept, create, table, columns, parts, jobs, mode, way: "merge", shape };
}

interface Merging extends Asked {
  readonly found: FoundTable;
  readonly arrived: Staging;
  readonly rowCount: number;
}

async function settle(sessions: Sessions, merging: Merging): Promise<LoadOutcome> {
  const { main } = sessions;
  const { request, found, key, arrived, rowCount } = merging;
  const mode = request.mode === "insert" ? "insert" : "upsert";
  await lockTable(main, found);
  const counting = countBeside(sessions, found);
  await main.execute(sql`SET LOCAL work_mem = '128MB'`);
  // Few rows are then found by the key's index: 12,440 among 1.24 M in 0.07 s, where hashing the table took 1.2 s.
  await main.execute(sql`SET LOCAL random_page_cost = 1.1`);
  const rows = { found, merge: request, arrived: qualified(arrived.kept), rowCount, mode, index: 0 } as const;
  const merge = () => upsertRows(main, [rows]);
  const [merged] = request.triggers === "keep" ? await merge() : await withTriggersAside(main, found, merge);
  if (merged === undefined) throw new Error("one table was merged, and nothing came of it");
  const { touched, unchanged } = merged;
  const { inserted, updated } = touched;
  const before = (await counting) ?? (await countRows(main, found)) - inserted;
  const quarantined = request.rejects.aside?.rowCount ?? 0;
  const counts: LoadCounts = { before, inserted, updated, unchanged, quarantined, after: before + inserted };
  await settleMerge(counts, {
    isLive: () => isLive(main, key),
    keepImages: () => keepImages(main, touched, request.keep),
    beforeCommit: request.beforeCommit,
    takeOverLines: () => takeOverLines(main, key),
    settle: (undo) => settleGeneration(main, key, { mode, way: "merge", counts, undo }),
  });
  await forgetOpen(main, found.qualifiedName);
  const warnings = request.triggers === "keep" ? await triggerWarnings(main, found) : [];
  return { way: "merge", counts, warnings };
}

/**
 * Counts a locked table's rows as they were before, while this session changes some: in 1.24 M rows that takes longer than
 * to merge 12,000. Undefined where there is no session to spare, or somebody who waits for the table keeps it off.
 */
async function countBeside({ each }: Sessions, found: FoundTable): Promise<number | undefined> {
  let before: number | undefined;
  // Whatever goes wrong here is not tried again: the other session can count as well.
  const count = async (connection: Connection) => {
    await connection.execute(sql`SET lock_timeout = '500ms'`);
    before = await countRows(connection, found);
  };
  await each([found], 1, (connection) => count(connection).catch(() => undefined)).catch(() => undefined);
  return before;
}
