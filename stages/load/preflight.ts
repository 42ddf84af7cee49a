import { join } from "node:path";
import type { ForeignKey } from "../../lib/databases/port.js";
import type { Aside, ChosenWay, Generation, LoadCheck, PlannedLoad, Target } from "../../lib/databases/target-port.js";
import { filesStand, isFile, readManifest, verifyFile } from "../../lib/files/manifest-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { changedTypes } from "./changed-types.js";
import { readPlan } from "./inputs.js";
import { rejectsPath } from "./kept-files.js";
import type { LoadOptions } from "./options.js";
import { checkOf, columnProblems, type LoadPlan, ledgerDifference, rowDifference } from "./plan.js";

import { assertRoom, bulkOf } from "./room.js";

type Refused = { readonly kind: "refused"; readonly error: StageError };

/** A table whose transform was read, or why it cannot be loaded. */
export type Planned = { readonly kind: "planned"; readonly plan: LoadPlan } | Refused;

/** What is to be done with one table, known for all tables before the first byte of any goes out. */
export type Intent =
  | {
      readonly kind: "load";
      readonly plan: LoadPlan;
      readonly reason: string;
      readonly check: LoadCheck;
      readonly chosen: ChosenWay;
      /** The table's own, while they are all in place. */
      readonly foreignKeys: readonly ForeignKey[];
    }
  /** The rows are in the target, committed by a run that was cut off before it could say so. */
  | { readonly kind: "record"; readonly plan: LoadPlan; readonly generation: Generation }
  | { readonly kind: "up to date"; readonly plan: LoadPlan }
  | Refused;

export type ByTable<Value> = ReadonlyMap<Table["name"], Value>;

/** Reads what is to be loaded. Without --keep-going the first table that cannot be loaded ends the run. */
export async function readPlans(
  run: Run,
  tables: readonly Table[],
  { keepGoing }: LoadOptions,
): Promise<ByTable<Planned>> {
  const plans = new Map<Table["name"], Planned>();
  for (const table of tables) {
    const read = async () => ({ kind: "planned", plan: await readPlan(run, table) }) as const;
    plans.set(table.name, keepGoing ? await unlessRefused(read) : await read());
  }
  return plans;
}

/** Looks for the tables in the target. With --keep-going one that is not there is refused, and the others go on. */
export async function findPlanned(
  target: Target,
  planned: ByTable<Planned>,
  { keepGoing }: LoadOptions,
): Promise<ByTable<Planned>> {
  if (!keepGoing) return planned;
  const found = new Map<Table["name"], Planned>();
  for (const [name, table] of planned) {
    const described = async () => {
      await target.describe(name);
      return table;
    };
    found.set(name, table.kind === "refused" ? table : await unlessRefused(described));
  }
  return found;
}

interface Settling {
  readonly planned: ByTable<Planned>;
  readonly options: LoadOptions;
}

/**
 * Settles which tables must be loaded and proves that they can be: columns, rows of others, every byte of every part.
 * Changes nothing. Without --keep-going the first obstacle ends the run, so that it is all tables or none.
 */
export async function settleIntents(
  run: Run,
  target: Target,
  { planned, options }: Settling,
): Promise<ByTable<Intent>> {
  const { keepGoing } = options;
  const intents = new Map<Table["name"], Intent>();
  for (const [name, table] of planned) {
    const settled = async () => await standing(run, target, { planned, table, options });
    intents.set(name, keepGoing ? await unlessRefused(settled) : await settled());
  }
  // Of all tables at once, so that one correction of the mapping, or one visit of the owner's, is enough.
  if (!keepGoing) await assertReady(run, target, toLoad(intents));
  for (const [name, intent] of intents) {
    if (intent.kind === "refused") continue;
    const proved = async () => {
      if (intent.kind === "load" && keepGoing) await assertReady(run, target, [intent]);
      if (intent.kind === "load") await target.assertLoadable(intent.check);
      // Also of a table that is up to date: damage is told while what the part was made from is still there.
      await assertWhole(run, intent.plan);
      if (intent.kind === "load" && keepGoing) await assertTypes(target, [intent]);
      return intent;
    };
    intents.set(name, keepGoing ? await unlessRefused(proved) : await proved());
  }
  if (!keepGoing) await assertTypes(target, toLoad(intents));
  return intents;
}

type ToLoad = Intent & { readonly kind: "load" };

function toLoad(intents: ByTable<Intent>): readonly ToLoad[] {
  return [...intents.values()].filter((intent) => intent.kind === "load");
}

/** What must stand aside while the tables that must be loaded are. */
export function asidesOf(intents: ByTable<Intent>): readonly Aside[] {
  return [...intents].flatMap(([table, intent]) => {
    if (intent.kind !== "load" || intent.chosen.aside === undefined) return [];
    return [{ table, which: intent.chosen.aside }];
  });
}

interface Asked extends Settling {
  readonly table: Planned;
}

// Never from the manifest alone: the target may have been restored, emptied or loaded by others since.
async function standing(run: Run, target: Target, { planned, table, options }: Asked): Promise<Intent> {
  if (table.kind === "refused") return table;
  const { plan } = table;
  const { name } = plan.table;
  try {
    const ledger = await target.standing(run.migration.id, name, plan.generation);
    // Counting a large table takes its time: only where the ledger has nothing to say against its rows.
    const reason =
      (options.force ? "--force" : ledgerDifference(plan, ledger)) ??
      rowDifference(plan, ledger, await target.rowCount(name));
    if (reason !== undefined || ledger.generation === undefined)
      return { kind: "load", plan, reason: reason ?? "", ...(await choose(run, target, { plan, options })) };
    const folder = run.work.stageFolder("load", name);
    const manifest = await readManifest(folder);
    const stands =
      manifest?._waybill.fingerprint === plan.fingerprint &&
      // An older load recorded no structure: then it is done now, without a row being moved.
      (manifest._waybill.details.structure !== undefined || target.structure === undefined) &&
      (await filesStand(folder, manifest));
    if (!stands && !(await rejectsStand(folder, ledger.generation)))
      return {
        kind: "load",
        plan,
        reason: "its file of quarantined rows is gone",
        ...(await choose(run, target, { plan, options })),
      };
    return stands ? { kind: "up to date", plan } : { kind: "record", plan, generation: ledger.generation };
  } catch (error) {
    // What may not even be looked at: what else is missing shall be said with it.
    if (error instanceof StageError && error.kind === "forbidden")
      await assertAnyReady(run, target, { planned, options });
    throw error;
  }
}

/** Whether the rows that the generation put aside lie where the load has left them. */
async function rejectsStand(folder: string, { counts }: Generation): Promise<boolean> {
  return counts.quarantined === 0 || (await isFile(join(folder, rejectsPath)));
}

async function choose(run: Run, target: Target, { plan, options }: Pick<Settling, "options"> & { plan: LoadPlan }) {
  const { primaryKey, foreignKeys } = await target.describe(plan.table.name);
  const check = checkOf(run.migration, plan, { confirmed: options.confirm !== undefined, primaryKey });
  return { check, chosen: await target.chooseWay(check), foreignKeys };
}

async function assertAnyReady(run: Run, target: Target, { planned, options }: Settling): Promise<void> {
  const loads: PlannedLoad[] = [];
  for (const table of planned.values())
    if (table.kind === "planned") loads.push(await choose(run, target, { plan: table.plan, options }));
  await target.assertReady(loads);
}

async function assertReady(run: Run, target: Target, intents: readonly ToLoad[]): Promise<void> {
  await assertColumns(target, intents);
  if (intents.length === 0) return;
  await target.assertReady(intents);
  const bulks = intents.map(({ plan }) => bulkOf(plan));
  const unseen = await assertRoom(target, bulks);
  // For whoever asks afterwards why a full disk was not foreseen; of most servers it is so.
  if (unseen.length > 0) run.reporter.record("room-unknown", { tables: unseen });
}

async function assertWhole(run: Run, { table, parts }: LoadPlan): Promise<void> {
  const command = run.command("transform", table.name, "--force");
  for (const { folder, file } of parts) await verifyFile(folder, file, command);
}

async function assertColumns(target: Target, intents: readonly ToLoad[]): Promise<void> {
  const problems: string[] = [];
  for (const { plan } of intents) problems.push(...columnProblems(plan, await target.describe(plan.table.name)));
  if (problems.length === 0) return;
  const hint = "correct the mapping, or the target's tables; nothing was loaded";
  throw new StageError("specification", problems.join("\n"), hint);
}

async function assertTypes(target: Target, intents: readonly ToLoad[]): Promise<void> {
  const problems: string[] = [];
  for (const { plan } of intents) problems.push(...(await changedTypes(plan, await target.describe(plan.table.name))));
  if (problems.length === 0) return;
  const hint =
    "alter the columns back; or write schema/target.yaml anew (waybill schema), and run transform again; nothing was loaded";
  throw new StageError("integrity", problems.join("\n"), hint);
}

async function unlessRefused<Value>(work: () => Promise<Value>): Promise<Value | Refused> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StageError) return { kind: "refused", error };
    throw error;
  }
}
