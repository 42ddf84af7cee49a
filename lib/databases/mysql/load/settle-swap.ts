import { sql } from "../../../mapping/sql.js";
import type { LoadCounts } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import { settleGeneration } from "./generations.js";
import { isThere, nextTable, previousTable } from "./kept-tables.js";
import { type FormerRows, withSums } from "./known-rows.js";
import { hasLedger } from "./ledger.js";
import { countRows } from "./obstacles.js";
import { openOf, takeOverLines } from "./open-generation.js";
import { dropForgotten } from "./previous-rows.js";
import type { TargetConnection } from "./target-connection.js";

/**
 * Says in the ledger what a swap has done, whichever run did it: called after the names were exchanged, and for each table
 * before anything else is done with it. Where others wrote to the former rows at the last moment, the names are exchanged
 * back. The counts of the load, where there was a swap to settle.
 */
export async function settleSwap(main: TargetConnection, live: FoundTable): Promise<LoadCounts | undefined> {
  if (!(await hasLedger(main))) return undefined;
  const open = await openOf(main, live);
  const next = nextTable(live);
  // As long as the next table is there, nothing has been exchanged: parts may still arrive in it.
  if (open?.swapping === undefined || (await isThere(main, next))) return undefined;
  const { before, number, rowCount, loadedSum, quarantined } = open.swapping;
  const previous = previousTable(live, number);
  if (!(await isThere(main, previous)) || !(await isThere(main, live))) return undefined;
  if ((await countRows(main, previous)) !== before) {
    await main.execute(sql`RENAME TABLE ${live.sql} TO ${next.sql}, ${previous.sql} TO ${live.sql}`);
    return undefined;
  }
  const counts = { before, inserted: rowCount, updated: 0, unchanged: 0, quarantined, after: rowCount };
  const former: FormerRows =
    before === 0 ? { kind: "empty" } : { kind: "previous table", table: previous.qualifiedName, rows: before };
  const undo = await withSums(main, former, { kept: previous, loadedSum });
  await main.transaction(async () => {
    await takeOverLines(main, open.key);
    await settleGeneration(main, open.key, { mode: "replace", way: "swap", counts, undo });
  });
  await dropForgotten(main, live);
  return counts;
}
