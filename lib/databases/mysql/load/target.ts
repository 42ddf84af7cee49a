import { loadWithQuarantine, type WayToLoad } from "../../load-with-quarantine.js";
import type { OpenOptions } from "../../open-target.js";
import type { LoadOutcome, LoadRequest, Target } from "../../target-port.js";
import { findTable, identityOf } from "../catalog.js";
import { describeTable } from "../describe-table.js";
import { structureOf } from "../structure.js";
import { analyse } from "./after-load.js";
import { chooseWay } from "./choose-way.js";
import { restoreDefinitions, saveAndDrop } from "./definitions.js";
import { standing } from "./generations.js";
import { ensureLedger } from "./ledger.js";
import { slowWay } from "./load-part.js";
import { assertMergeable, mergeRows } from "./merge-rows.js";
import { assertReplaceable, countRows } from "./obstacles.js";
import { dropLeftovers } from "./open-generation.js";
import { quarantineOf } from "./quarantine.js";
import { assertReady } from "./readiness.js";
import { replaceBySwap } from "./replace-by-swap.js";
import { replaceInPlace } from "./replace-in-place.js";
import { openSessions, type Sessions } from "./sessions.js";
import { settleSwap } from "./settle-swap.js";
import { aspectsOf } from "./show-create.js";
import { storageOf } from "./storage.js";
import { lockAgainstOthers } from "./table-lock.js";
import { trialMerge, trialReplace } from "./trials.js";
import { upsertUnits } from "./upsert-units.js";

/** A MySQL or MariaDB target: one session that holds the locks, and others while parts arrive. */
export async function openMysqlTarget(url: string, options: OpenOptions): Promise<Target> {
  const sessions = await openSessions(url, options);
  const { main, retry } = sessions;
  const find = (table: string) => findTable(main, table);
  return {
    identity: await identityOf(main),
    describe: (table) => retry(`describe ${table}`, async () => await describeTable(main, await find(table))),
    aspects: (table) => retry(`describe ${table}`, async () => await aspectsOf(main, await find(table))),
    rowCount: (table) => retry(`count ${table}`, async () => await countRows(main, await find(table))),
    lock: async (migration, names) => {
      const tables = [];
      for (const name of names) tables.push(await find(name));
      await lockAgainstOthers(main, { migration, tables });
      // A run that died between exchanging two tables and saying so.
      for (const table of tables) await retry(`settle ${table.qualifiedName}`, () => settleSwap(main, table));
    },
    ensureLedger: () => retry("make the ledger", () => ensureLedger(main)),
    standing: (migration, table, generation) =>
      retry(`look for ${table}`, async () =>
        standing(main, { migration, table: (await find(table)).qualifiedName, generation }),
      ),
    chooseWay: (check) => retry(`look at ${check.table}`, () => chooseWay(main, check)),
    assertReady: (loads) => retry("look at the tables", () => assertReady(main, loads)),
    storage: (tables) => retry("look where the tables are", () => storageOf(main, tables)),
    assertLoadable: (check) =>
      retry(`look at ${check.table}`, () =>
        check.mode === "replace" ? assertReplaceable(main, check) : assertMergeable(main, check),
      ),
    saveAndDrop: (migration, tables) =>
      retry("put keys and triggers aside", () => saveAndDrop(main, migration, tables)),
    load: (request) => load(sessions, request),
    upsertAll: (groups) => retry("upsert", () => upsertUnits(main, groups)),
    // Indexes of a table that took another one's place were built before; those of one that was filled have stayed.
    rebuildIndexes: async (_, table) => {
      await retry(`clear up after ${table}`, async () => await dropLeftovers(main, await find(table)));
      return [];
    },
    restore: (migration) => retry("restore keys and triggers", () => restoreDefinitions(main, migration)),
    // AUTO_INCREMENT goes on behind the largest number by itself.
    afterLoad: (table, written) =>
      retry(`analyse ${table}`, async () => {
        if (written > 0) await analyse(main, await find(table));
        return [];
      }),
    structure: (table) => retry(`look at ${table}`, async () => await structureOf(main, await find(table))),
    close: () => sessions.close(),
  };
}

async function load(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  const { table, parts } = request;
  const outcome = await loadWithQuarantine(quarantineOf(main, table), request, wayOf(sessions, request));
  const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
  return { ...outcome, warnings: [...outcome.warnings, ...(await slowWay(main, table, rowCount))] };
}

function wayOf(sessions: Sessions, { way, table }: LoadRequest): WayToLoad {
  const { main, retry } = sessions;
  const again = <Result>(work: () => Promise<Result>) => retry(`load ${table}`, work);
  const trial = (one: LoadRequest) => trialReplace(main, one);
  switch (way) {
    case "swap":
      return { load: (one) => replaceBySwap(sessions, one), trial };
    case "in place":
      return { load: (one) => again(() => replaceInPlace(main, one)), trial };
    case "merge":
      return { load: (one) => again(() => mergeRows(sessions, one)), trial: (one) => trialMerge(main, one) };
    default:
      return way satisfies never;
  }
}
