import { StageError } from "../../../model/errors.js";
import { refusedUnit } from "../../refused-unit.js";
import type { UpsertOutcome, UpsertRequest } from "../../target-port.js";
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

/**
 * Upserts the rows of a unit, all tables in one transaction: group by group, and of one group all at once. Throws
 * "difference" where the database refuses a row: of so few rows none is put aside.
 */
export async function upsertUnits(
  connection: Connection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
  await ensureLedger(connection);
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

// A unit that changes nothing leaves no trace: what it did before, and how to take that back, stands as it is.
async function record(connection: Connection, { request, found, before, merged }: Done): Promise<void> {
  const { touched, unchanged } = merged;
  const { inserted, updated } = touched;
  if (inserted + updated === 0) return;
  const { migration, unit, part } = request;
  const generation = `unit:${unit}`;
  const key = { migration, table: found.qualifiedName, generation };
  const undo = await keepImages(connection, touched, request.keep);
  const counts = { before, inserted, updated, unchanged, quarantined: 0, after: before + inserted };
  await makeRoom(connection, key);
  await settleGeneration(connection, key, { mode: "upsert", way: "merge", counts, undo });
  await writeLine(connection, key, { generation, part: generation, hash: part.hash, rowCount: part.rowCount });
}
