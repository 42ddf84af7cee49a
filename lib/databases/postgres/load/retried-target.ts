import type { LoadOutcome, LoadRequest, Target } from "../../target-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";
import { type GenerationKey, standing } from "./generations.js";
import { hasLedger } from "./ledger.js";
import type { Sessions } from "./sessions.js";

/**
 * A target whose every method tries again what passes: each may be done twice and counts once. The locks are no part of
 * it: who holds them does so for longer than anybody waits.
 */
export function retriedTarget(target: Target, { main, retry }: Pick<Sessions, "main" | "retry">): Target {
  const { structure } = target;
  return {
    identity: target.identity,
    describe: (table) => retry(`describe ${table}`, () => target.describe(table)),
    aspects: (table) => retry(`look at ${table}`, async () => (await target.aspects?.(table)) ?? []),
    rowCount: (table) => retry(`count ${table}`, () => target.rowCount(table)),
    lock: (migration, tables) => target.lock(migration, tables),
    ensureLedger: () => retry("make the ledger", () => target.ensureLedger()),
    standing: (migration, table, generation) =>
      retry(`look for ${table}`, () => target.standing(migration, table, generation)),
    chooseWay: (check) => retry(`look at ${check.table}`, () => target.chooseWay(check)),
    assertReady: (loads) => retry("look at the tables", () => target.assertReady(loads)),
    storage: (tables) => retry("look where the tables are", () => target.storage(tables)),
    assertLoadable: (check) => retry(`look at ${check.table}`, () => target.assertLoadable(check)),
    saveAndDrop: (migration, tables) =>
      retry("put indexes and keys aside", () => target.saveAndDrop(migration, tables)),
    load: (request) => loadOnce(target, request, { main, retry }),
    upsertAll: (groups) => retry("upsert", () => target.upsertAll(groups)),
    rebuildIndexes: (migration, table) =>
      retry(`rebuild the indexes of ${table}`, () => target.rebuildIndexes(migration, table)),
    restore: (migration) => retry("restore indexes and keys", () => target.restore(migration)),
    afterLoad: (table, written) => retry(`analyse ${table}`, () => target.afterLoad(table, written)),
    ...(structure && { structure: (table) => retry(`look at ${table}`, () => structure(table)) }),
    close: () => target.close(),
  };
}

// A load may have committed before what failed: the ledger knows, and then it is not done again.
async function loadOnce(
  target: Target,
  request: LoadRequest,
  { main, retry }: Pick<Sessions, "main" | "retry">,
): Promise<LoadOutcome> {
  const { migration, generation } = request;
  const doing = `load ${request.table}`;
  const key = await retry(doing, async () => {
    return { migration, table: (await findTable(main, request.table)).qualifiedName, generation };
  });
  const before = await retry(doing, () => settledAs(main, key));
  return await retry(doing, async () => {
    const now = await settledAs(main, key);
    if (now === before || now === undefined) return await target.load(request);
    const { generation: done } = await standing(main, key);
    if (done === undefined) throw new Error(`${request.table} is in the ledger and is not`);
    return { way: done.way, counts: done.counts, warnings: [] };
  });
}

/** Which transaction made a generation the latest of its table; undefined while none has. */
async function settledAs(main: Connection, { migration, table, generation }: GenerationKey) {
  if (!(await hasLedger(main))) return undefined;
  const [row] = await main.query<{ settled: string }>(
    sql`SELECT concat_ws(' ', number, transaction_id) AS settled FROM waybill.generations
        WHERE migration = $1 AND table_name = $2 AND generation = $3 AND state = 'live'`,
    [migration, table, generation],
  );
  return row?.settled;
}
