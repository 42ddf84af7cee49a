import { loadWithQuarantine, type WayToLoad } from "../../load-with-quarantine.js";
import type { OpenOptions } from "../../open-target.js";
import type { LoadOutcome, LoadRequest, Target } from "../../target-port.js";
import { describeTable, findTable, identityOf } from "../catalog.js";
import { structureOf } from "../structure.js";
import { afterLoad } from "./after-load.js";
import { chooseWay } from "./choose-way.js";
import { saveAndDrop } from "./definitions.js";
import { standing } from "./generations.js";
import { ensureLedger } from "./ledger.js";
import { assertMergeable, mergeRows } from "./merge-rows.js";
import { quarantineOf } from "./quarantine.js";
import { assertReady } from "./readiness.js";
import { replaceBySwap } from "./replace-by-swap.js";
import { assertReplaceable, countRows, replaceInPlace, trialInPlace } from "./replace-in-place.js";
import { type RestoreOptions, restoreDefinitions } from "./restore-definitions.js";
import { retriedTarget } from "./retried-target.js";
import { openSessions, type Sessions } from "./sessions.js";
import { storageOf } from "./storage.js";
import { lockAgainstOthers } from "./table-lock.js";
import { snapshotOf } from "./table-snapshot.js";
import { trialMerge } from "./trial-merge.js";
import { trialSwap } from "./trial-swap.js";
import { upsertUnits } from "./upsert-units.js";

/** Each index that is built takes memory of its own on the server, and may use several of its processors. */
const restoreJobs = 4;

/** A PostgreSQL target: one session that holds the locks, and others while parts arrive. */
export async function openPostgresTarget(url: string, options: OpenOptions): Promise<Target> {
  const sessions = await openSessions(url, options);
  const { main } = sessions;
  const each: RestoreOptions["each"] = (items, work) => sessions.each(items, restoreJobs, work);
  const resolve = async (table: string) => (await findTable(main, table)).qualifiedName;
  const target: Target = {
    identity: await sessions.retry("look at the server", () => identityOf(main)),
    describe: (table) => describeTable(main, table),
    aspects: async (table) => {
      const { oid } = await findTable(main, table);
      return await main.transaction(() => snapshotOf(main, oid));
    },
    rowCount: async (table) => await countRows(main, await findTable(main, table)),
    lock: async (migration, names) => {
      const tables: string[] = [];
      for (const name of names) tables.push(await resolve(name));
      await sessions.hold((connection) => lockAgainstOthers(connection, { migration, tables }));
    },
    ensureLedger: () => ensureLedger(main),
    standing: async (migration, table, generation) =>
      await standing(main, { migration, table: await resolve(table), generation }),
    chooseWay: (check) => chooseWay(main, check),
    assertReady: (loads) => assertReady(main, loads),
    storage: (tables) => storageOf(main, tables),
    assertLoadable: (check) =>
      check.mode === "replace" ? assertReplaceable(main, check) : assertMergeable(main, check),
    saveAndDrop: (migration, tables) => saveAndDrop(main, migration, tables),
    load: (request) => load(sessions, request),
    upsertAll: (groups) => upsertUnits(main, groups),
    rebuildIndexes: async (migration, table) =>
      await restoreDefinitions(main, migration, { table: await resolve(table), each }),
    restore: (migration) => restoreDefinitions(main, migration, { each }),
    afterLoad: (table, written) => afterLoad(main, table, written),
    structure: (table) => main.transaction(() => structureOf(main, table)),
    close: () => sessions.close(),
  };
  return retriedTarget(target, sessions);
}

async function load(sessions: Sessions, request: LoadRequest): Promise<LoadOutcome> {
  const { main } = sessions;
  return await loadWithQuarantine(quarantineOf(main), request, wayOf(sessions, request));
}

function wayOf(sessions: Sessions, { way }: LoadRequest): WayToLoad {
  const { main } = sessions;
  switch (way) {
    case "swap":
      return { load: (one) => replaceBySwap(sessions, one), trial: (one) => trialSwap(main, one) };
    case "in place":
      return { load: (one) => replaceInPlace(main, one), trial: (one) => trialInPlace(main, one) };
    case "merge":
      return { load: (one) => mergeRows(sessions, one), trial: (one) => trialMerge(main, one) };
    default:
      return way satisfies never;
  }
}
