import { sql } from "../../../mapping/sql.js";
import type { UpsertOutcome, UpsertRequest } from "../../target-port.js";
import { type DoneRequest, recordOf, upsertGroups } from "../../upsert-groups.js";
import { columnsOf, findTable } from "../catalog.js";
import { identifier, identifiers } from "../identifiers.js";
import { makeRoom, settleGeneration, writeLine } from "./generations.js";
import { loadPart } from "./load-part.js";
import { assertMergeKey } from "./merge-key.js";
import { assertLoadable, countRows } from "./obstacles.js";
import { createSessionTable } from "./own-tables.js";
import { refusalOf } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";
import { keepImages } from "./touched-rows.js";
import { type ArrivedRows, type MergedRows, upsertRows } from "./upsert-rows.js";

/** Upserts the rows of a unit, as `upsertGroups` promises. */
export async function upsertUnits(
  connection: TargetConnection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
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
  readonly rows: ArrivedRows;
  readonly merged: MergedRows;
}

async function upsertGroup(
  connection: TargetConnection,
  group: readonly UpsertRequest[],
  firstIndex: number,
): Promise<readonly Done[]> {
  const arrived: ArrivedRows[] = [];
  for (const [place, request] of group.entries()) arrived.push(await arrive(connection, request, firstIndex + place));
  const merged = await upsertRows(connection, arrived);
  return group.flatMap((request, place) => {
    const [rows, one] = [arrived[place], merged[place]];
    return rows === undefined || one === undefined ? [] : [{ request, rows, merged: one }];
  });
}

async function arrive(connection: TargetConnection, request: UpsertRequest, index: number): Promise<ArrivedRows> {
  const { table, columns: names, part, triggers } = request;
  const found = await findTable(connection, table);
  const arrived = identifier(`waybill_arriving_${index}`);
  await createSessionTable(connection, arrived, { select: sql`SELECT ${identifiers(names)} FROM ${found.sql}` });
  const known = await columnsOf(connection, found.place);
  const columns = names.flatMap((name) => known.filter((column) => column.name === name));
  await loadPart(connection, { sql: arrived, name: table, columns }, part);
  return { found, merge: request, arrived, rowCount: part.rowCount, mode: "upsert", triggers, index };
}

async function record(connection: TargetConnection, done: Done): Promise<void> {
  const { request, rows, merged } = done;
  const undo = await keepImages(connection, merged.touched, request.keep);
  const before = (await countRows(connection, rows.found)) - merged.touched.inserted;
  const { counts, line } = recordOf(done, before);
  const key = { migration: request.migration, table: rows.found.qualifiedName, generation: line.generation };
  await makeRoom(connection, key);
  await settleGeneration(connection, key, { mode: "upsert", way: "merge", counts, undo });
  await writeLine(connection, key, line);
}
