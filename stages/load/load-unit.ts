import { join } from "node:path";
import { Readable } from "node:stream";
import type { PlannedLoad, Target, UpsertOutcome, UpsertRequest } from "../../lib/databases/target-port.js";
import { writeRows } from "../../lib/files/csv-file.js";
import { verifyFile, writeManifest } from "../../lib/files/manifest-file.js";
import { inStageFolders } from "../../lib/files/stage-folder.js";
import { holdsPrivate } from "../../lib/mapping/private-columns.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf } from "../../lib/model/manifest.js";
import { partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { readPlan } from "./inputs.js";
import { forgetOldUndo, type KeptFiles, keptFilesIn } from "./kept-files.js";
import { unitManifest } from "./load-manifest.js";
import type { LoadPlan } from "./plan.js";
import { checkOf, columnProblems } from "./plan.js";
import { tellUpserted } from "./tell.js";
import { chooseRows, fateOf } from "./unit-rows.js";

/**
 * Upserts a unit: the rows asked for and the parents they refer to, all tables in one transaction of the target. Rows
 * that were only read to settle their fate (other duplicates, other parents) are left alone. 1 when the row asked for
 * was rejected or filtered: then nothing is written.
 */
export async function loadUnit(run: Run, target: Target, unit: Unit): Promise<void> {
  const plans: LoadPlan[] = [];
  for (const table of run.tables) plans.push(await readPlan(run, table));
  await verify(run, plans);
  const fate = unit.kind === "key" ? await fateOf(run, unit) : undefined;
  if (fate?.refusal !== undefined) throw fate.refusal;
  const rows = await chooseRows(unit, { plans, wanted: fate?.targetKeys });
  // Tables of a ring stand one after another, and go in together.
  const groups = new Map<string, UpsertRequest[]>();
  const units: Upserting[] = [];
  for (const plan of plans) {
    const { name, ring } = plan.table;
    const files = keptFilesIn(run.work.stageFolder("load", name));
    const upserting = { plan, unit, rows: rows.get(name) ?? [], files };
    units.push(upserting);
    const group = groups.get(String(ring[0])) ?? [];
    group.push(await requestOf(run, target, upserting));
    groups.set(String(ring[0]), group);
  }
  await target.assertReady(plans.map((plan) => readinessOf(run, plan)));
  const folders = plans.map(({ table }) => run.work.stageFolder("load", table.name));
  await inStageFolders(folders, run.context.pid, async () => {
    const outcomes = await target.upsertAll([...groups.values()]);
    for (const [index, one] of units.entries()) await publish(run, target, { ...one, outcome: outcomes[index] });
  });
}

// Whatever the table's mode, a unit is upserted.
function readinessOf(run: Run, plan: LoadPlan): PlannedLoad {
  const check = checkOf(run.migration, plan, { confirmed: false, primaryKey: [] });
  return { check: { ...check, mode: "upsert" }, chosen: { way: "merge", because: undefined, aside: undefined } };
}

async function verify(run: Run, plans: readonly LoadPlan[]): Promise<void> {
  for (const { table, transform } of plans) {
    const folder = run.work.stageFolder("transform", table.name);
    const command = run.command("transform", table.name, "--force");
    for (const file of [...filesOf(transform, "part"), ...filesOf(transform, "ledger")])
      await verifyFile(folder, file, command);
  }
}

type Rows = readonly (readonly CsvValue[])[];

interface Upserting {
  readonly plan: LoadPlan;
  readonly unit: Unit;
  readonly rows: Rows;
  readonly files: KeptFiles;
}

async function requestOf(run: Run, target: Target, { plan, unit, rows, files }: Upserting): Promise<UpsertRequest> {
  const description = await target.describe(plan.table.name);
  const problems = columnProblems(plan, description);
  if (problems.length > 0)
    throw new StageError(
      "specification",
      problems.join("\n"),
      "correct the mapping, or the target's tables; nothing was loaded",
    );
  const key = plan.table.key ?? description.primaryKey;
  const part = {
    name: plan.table.name,
    hash: plan.generation,
    rowCount: rows.length,
    open: () => Readable.from(rows.map(encodeRow), { objectMode: false }),
  };
  const { name: table, load } = plan.table;
  const named = { migration: run.migration.id, table, unit: unit.name, columns: plan.columns, key };
  return {
    ...named,
    hidesKey: holdsPrivate(plan.table, key),
    triggers: load.triggers,
    part,
    keep: files.keep,
    beforeCommit: files.takeTheirPlace,
  };
}

interface Upserted extends Upserting {
  readonly outcome: UpsertOutcome | undefined;
}

async function publish(run: Run, target: Target, { plan, outcome, rows, files }: Upserted): Promise<void> {
  const { name } = plan.table;
  if (outcome === undefined) throw new Error(`${name} was to be upserted, and nothing came of it`);
  const folder = run.work.stageFolder("load", name);
  // A unit that found nothing to change has not asked for it.
  await files.takeTheirPlace();
  const path = partName("part", 0);
  const fields = plan.parts[0]?.file.schema.fields ?? [];
  const file = await writeRows(join(folder, path), plan.columns, rows);
  const resource = resourceOf(file, { path, role: "part", fields });
  const kept = files.resources();
  const loaded = { resource, kept, outcome, rowCount: rows.length, target: target.identity };
  await writeManifest(folder, unitManifest(run, plan, loaded));
  if (kept.length > 0) await forgetOldUndo(folder, kept);
  tellUpserted(run, name, outcome);
  run.reporter.output(`${folder}/manifest.json`);
}
