import type { UpsertOutcome, UpsertRequest } from "../../target-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { writeUnit } from "./generations.js";
import { ensureLedger } from "./ledger.js";
import { assertLoadable } from "./obstacles.js";
import { type UpsertRows, upsertRows } from "./upsert-rows.js";

/** Upserts the rows of a unit, all tables in one transaction: group by group, and of one group all at once. */
export async function upsertUnits(
  connection: Connection,
  groups: readonly (readonly UpsertRequest[])[],
): Promise<readonly UpsertOutcome[]> {
  await ensureLedger(connection);
  for (const { table, columns } of groups.flat()) {
    await assertLoadable(connection, await findTable(connection, table), columns);
  }
  return await connection.transaction(async () => {
    const outcomes: UpsertOutcome[] = [];
    for (const group of groups) outcomes.push(...(await upsertGroup(connection, group)));
    return outcomes;
  });
}

async function upsertGroup(connection: Connection, group: readonly UpsertRequest[]): Promise<readonly UpsertOutcome[]> {
  const rows: UpsertRows[] = [];
  for (const request of group) rows.push({ ...request, found: await findTable(connection, request.table) });
  const outcomes = await upsertRows(connection, rows);
  for (const [index, { unit, part, migration }] of group.entries()) {
    const counts = outcomes[index];
    if (counts === undefined) continue;
    // Rows inserted here are ours too, or the next replace would take them for a stranger's.
    const key = { migration, table: rows[index]?.found.qualifiedName ?? "", generation: `unit:${unit}` };
    await writeUnit(connection, key, { hash: part.hash, counts });
  }
  return outcomes;
}
