import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import { refusedUnit } from "../../refused-unit.js";
import type { UpsertOutcome, UpsertRequest } from "../../target-port.js";
import { columnsOf, findTable } from "../catalog.js";
import { identifier, identifiers } from "../identifiers.js";
import { makeRoom, settleGeneration, writeLine } from "./generations.js";
import { loadPart } from "./load-part.js";
import { assertMergeKey } from "./merge-key.js";
import { assertLoadable, countRows } from "./obstacles.js";
import { refusalOf } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";
import { keepImages } from "./touched-rows.js";
import { type ArrivedRows, type MergedRows, upsertRows } from "./upsert-rows.js";

/**
 * Upserts the rows of a unit, all tables in one transaction: group by group, and of one group all at once. Throws
 * "difference" where the database refuses a row: of so few rows none is put aside.
 */
export async function upsertUnits(
  connection: TargetConnection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
  for (const request of groups.flat()) {
    const found = await findTable(connection, request.table);
    await assertLoadable(connection, found, request.columns);
    await assertMergeKey(connection, found, request);
  }
  const upserted = connection.transaction(async () => {
    const done: Done[] = [];
    for (const group of groups) done.push(...(await upsertGroup(connection, group, done.length)));
    // Only now: a trigger of one table may have written to another.
    for (const one of done) await record(connection, one);
    for (const { request } of done) await request.beforeCommit();
    return done.map(({ merged: { touched, unchanged } }) => {
      return { inserted: touched.inserted, updated: touched.updated, unchanged };
    });
  });
  return await upserted.catch((error: unknown) => {
    throw error instanceof StageError && refusalOf(error) !== undefined ? refusedUnit(error) : error;
  });
}

interface Done {
  readonly request: UpsertRequest;
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
  // A temporary table neither commits nor is rolled back: it may be there from another try.
  await connection.execute(sql`DROP TEMPORARY TABLE IF EXISTS ${arrived}`);
  await connection.execute(
    sql`CREATE TEMPORARY TABLE ${arrived} ENGINE=InnoDB AS SELECT ${identifiers(names)} FROM ${found.sql} LIMIT 0`,
  );
  const known = await columnsOf(connection, found.place);
  const columns = names.flatMap((name) => known.filter((column) => column.name === name));
  await loadPart(connection, { sql: arrived, name: table, columns }, part);
  return { found, merge: request, arrived, rowCount: part.rowCount, mode: "upsert", triggers, index };
}

// A unit that changes nothing leaves no trace: what it did before, and how to take that back, stands as it is.
async function record(connection: TargetConnection, { request, rows: { found }, merged }: Done): Promise<void> {
  const { touched, unchanged } = merged;
  const { inserted, updated } = touched;
  if (inserted + updated === 0) return;
  const { migration, unit, part } = request;
  const generation = `unit:${unit}`;
  const key = { migration, table: found.qualifiedName, generation };
  const undo = await keepImages(connection, touched, request.keep);
  const after = await countRows(connection, found);
  const counts = { before: after - inserted, inserted, updated, unchanged, quarantined: 0, after };
  await makeRoom(connection, key);
  await settleGeneration(connection, key, { mode: "upsert", way: "merge", counts, undo });
  await writeLine(connection, key, { generation, part: generation, hash: part.hash, rowCount: part.rowCount });
}
