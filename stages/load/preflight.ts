import type { Target } from "../../lib/databases/port.js";
import { filesStand, readManifest, verifyFile } from "../../lib/files/manifest-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { readPlan } from "./inputs.js";
import type { LoadOptions } from "./options.js";
import { columnProblems, difference, type LoadPlan } from "./plan.js";

/** What is to be done with one table, known for all tables before the first byte of any goes out. */
export type Intent =
  | { readonly kind: "load"; readonly plan: LoadPlan; readonly reason: string }
  /** The rows are in the target, committed by a run that was cut off before it could say so. */
  | { readonly kind: "record"; readonly plan: LoadPlan }
  | { readonly kind: "up to date"; readonly plan: LoadPlan }
  | { readonly kind: "failed"; readonly error: StageError };

export type Intents = ReadonlyMap<Table["name"], Intent>;

/** Reads what is to be loaded. With --keep-going a table that cannot be loaded becomes "failed", else it ends the run. */
export async function readPlans(run: Run, tables: readonly Table[], { keepGoing }: LoadOptions): Promise<Intents> {
  const read = async (table: Table): Promise<Intent> => ({
    kind: "load",
    plan: await readPlan(run, table),
    reason: "",
  });
  const intents = new Map<Table["name"], Intent>();
  for (const table of tables) intents.set(table.name, await unlessRefused(keepGoing, () => read(table)));
  return intents;
}

/**
 * Settles which tables must be loaded and proves that they can be: columns, rows of others, every byte of every part.
 * Changes nothing. Without --keep-going the first obstacle ends the run, so that it is all tables or none.
 */
export async function settleIntents(
  run: Run,
  target: Target,
  { read, options }: { readonly read: Intents; readonly options: LoadOptions },
): Promise<Intents> {
  const { keepGoing } = options;
  const each = async (intents: Intents, work: (plan: LoadPlan) => Promise<Intent>): Promise<Intents> => {
    const settled = new Map<Table["name"], Intent>();
    for (const [name, intent] of intents) {
      settled.set(name, intent.kind === "load" ? await unlessRefused(keepGoing, () => work(intent.plan)) : intent);
    }
    return settled;
  };
  let intents = await each(read, (plan) => standing(run, target, { plan, options }));
  if (!keepGoing) await assertColumns(target, plansOf(intents));
  const check = (assert: (plan: LoadPlan) => Promise<void>) => async (intents: Intents) =>
    each(intents, async (plan) => {
      await assert(plan);
      return intents.get(plan.table.name) ?? { kind: "load", plan, reason: "" };
    });
  const { id } = run.migration;
  const confirmed = options.confirm !== undefined;
  const checks = [
    check((plan) => assertColumns(target, [plan])),
    check((plan) =>
      target.assertReplaceable({ migration: id, table: plan.table.name, columns: plan.columns, confirmed }),
    ),
    check((plan) => verifyParts(run, plan)),
  ];
  for (const next of checks) intents = await next(intents);
  return intents;
}

/** The plans of the tables that must be loaded. */
export function plansOf(intents: Intents): readonly LoadPlan[] {
  return [...intents.values()].flatMap((intent) => (intent.kind === "load" ? [intent.plan] : []));
}

interface Asked {
  readonly plan: LoadPlan;
  readonly options: LoadOptions;
}

// Never from the manifest alone: the target may have been restored, emptied or loaded by others since.
async function standing(run: Run, target: Target, { plan, options }: Asked): Promise<Intent> {
  if (options.force) return { kind: "load", plan, reason: "--force" };
  const { name } = plan.table;
  const [lines, rowCount] = [await target.linesOf(run.migration.id, name), await target.rowCount(name)];
  const reason = difference(plan, { lines, rowCount });
  if (reason !== undefined) return { kind: "load", plan, reason };
  const folder = run.work.stageFolder("load", name);
  const manifest = await readManifest(folder);
  const stands = manifest?._waybill.fingerprint === plan.fingerprint && (await filesStand(folder, manifest));
  return { kind: stands ? "up to date" : "record", plan };
}

async function assertColumns(target: Target, plans: readonly LoadPlan[]): Promise<void> {
  const problems: string[] = [];
  for (const plan of plans) problems.push(...columnProblems(plan, await target.describe(plan.table.name)));
  if (problems.length === 0) return;
  throw new StageError(
    "specification",
    problems.join("\n"),
    "correct the mapping, or the target's tables; nothing was loaded",
  );
}

async function verifyParts(run: Run, { table, parts }: LoadPlan): Promise<void> {
  const folder = run.work.stageFolder("transform", table.name);
  const command = run.command("transform", table.name, "--force");
  for (const part of parts) await verifyFile(folder, part, command);
}

async function unlessRefused(keepGoing: boolean, work: () => Promise<Intent>): Promise<Intent> {
  try {
    return await work();
  } catch (error) {
    if (!keepGoing || !(error instanceof StageError)) throw error;
    return { kind: "failed", error };
  }
}
