import type { UpsertOutcome, UpsertRequest } from "../../target-port.js";
import { type DoneRequest, recordOf, upsertGroups } from "../../upsert-groups.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { identifier, identifiers, sql } from "../identifiers.js";
import { refusalOf } from "../server-errors.js";
import { makeRoom, settleGeneration, writeLine } from "./generations.js";
import { ensureLedger } from "./ledger.js";
import { assertMergeKey } from "./merge-key.js";
import { assertLoadable } from "./obstacles.js";
import { countRows } from "./replace-in-place.js";
import { lockTable } from "./table-lock.js";
import { keepImages } from "./touched-rows.js";
import { type ArrivedRows, type MergedRows, upsertRows } from "./upsert-rows.js";
import { withTriggersAside } from "./user-triggers.js";

/** Upserts the rows of a unit, as `upsertGroups` promises. */
export async function upsertUnits(
  connection: Connection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
  await ensureLedger(connection);
  return await upsertGroups<Done>(groups, {
    assertPossible: async (request) => {
      const found = await findTable(connection, request.table);
      await assertLoadable(connection, found, request.columns);
      await assertMergeKey(connection, found, request);
    },
    upsertGroup: (group, firstIndex) => upsertGroup(connection, group, firstIndex),
    record: (done) => record(connection, done),
    transaction: (work) => connection.transaction(work),
    isRefusal: (error) => refusalOf(error) !== undefined,
  });
}

interface Done extends DoneRequest {
  readonly found: FoundTable;
  readonly before: number;
  readonly merged: MergedRows;
}

async function upsertGroup(
  connection: Connection,
  group: readonly UpsertRequest[],
  firstIndex: number,
): Promise<readonly Done[]> {
  const arrived: ArrivedRows[] = [];
  const befores: number[] = [];
  for (const [place, request] of group.entries()) {
    const rows = await arrive(connection, request, firstIndex + place);
    arrived.push(rows);
    befores.push(await countRows(connection, rows.found));
  }
  const still = group.flatMap(({ triggers }, place) => (triggers === "aside" ? (arrived[place]?.found ?? []) : []));
  const upsert = still.reduce<() => Promise<readonly MergedRows[]>>(
    (work, found) => () => withTriggersAside(connection, found, work),
    () => upsertRows(connection, arrived),
  );
  const merged = await upsert();
  return group.flatMap((request, place) => {
    const [rows, one] = [arrived[place], merged[place]];
    if (rows === undefined || one === undefined) return [];
    return [{ request, found: rows.found, before: befores[place] ?? 0, merged: one }];
  });
}

async function arrive(connection: Connection, request: UpsertRequest, index: number): Promise<ArrivedRows> {
  const { table, columns, part } = request;
  const found = await findTable(connection, table);
  await lockTable(connection, found);
  const name = identifier(`waybill_arriving_${index}`);
  await connection.execute(sql`CREATE TEMPORARY TABLE ${name} ON COMMIT DROP AS
    SELECT ${identifiers(columns)} FROM ${found.sql} WITH NO DATA`);
  const arrived = sql`pg_temp.${name}`;
  await copyPart(connection, { sql: arrived, name: table, columns }, part);
  return { found, merge: request, arrived, rowCount: part.rowCount, mode: "upsert", index };
}

async function record(connection: Connection, done: Done): Promise<void> {
  const { request, found, before, merged } = done;
  const undo = await keepImages(connection, merged.touched, request.keep);
  const { counts, line } = recordOf(done, before);
  const key = { migration: request.migration, table: found.qualifiedName, generation: line.generation };
  await makeRoom(connection, key);
  await settleGeneration(connection, key, { mode: "upsert", way: "merge", counts, undo });
  await writeLine(connection, key, line);
}
