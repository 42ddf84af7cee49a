import { join } from "node:path";
import { Readable } from "node:stream";
import type { Target, UpsertOutcome, UpsertRequest } from "../../lib/databases/target-port.js";
import { writeRows } from "../../lib/files/csv-file.js";
import { verifyFile, writeManifest } from "../../lib/files/manifest-file.js";
import { emptyStageFolder, inStageFolder } from "../../lib/files/stage-folder.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf } from "../../lib/model/manifest.js";
import { partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { readPlan } from "./inputs.js";
import { unitManifest } from "./load-manifest.js";
import type { LoadPlan } from "./plan.js";
import { columnProblems } from "./plan.js";
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
  for (const plan of plans) {
    const group = groups.get(String(plan.table.ring[0])) ?? [];
    group.push(await requestOf(run, target, { plan, unit, rows: rows.get(plan.table.name) ?? [] }));
    groups.set(String(plan.table.ring[0]), group);
  }
  const outcomes = await target.upsertAll([...groups.values()]);
  for (const [index, plan] of plans.entries()) {
    const outcome = outcomes[index];
    if (outcome !== undefined) await publish(run, target, { plan, outcome, rows: rows.get(plan.table.name) ?? [] });
  }
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
}

async function requestOf(run: Run, target: Target, { plan, unit, rows }: Upserting): Promise<UpsertRequest> {
  const description = await target.describe(plan.table.name);
  const problems = columnProblems(plan, description);
  if (problems.length > 0)
    throw new StageError(
      "specification",
      problems.join("\n"),
      "correct the mapping, or the target's tables; nothing was loaded",
    );
  const key = plan.table.key ?? description.primaryKey;
  if (key.length === 0) {
    throw new StageError(
      "specification",
      `${description.qualifiedName} has no primary key: single rows cannot be told apart there`,
      `load the whole table, or give ${plan.table.file} a key: that the target keeps unique`,
    );
  }
  const part = {
    name: plan.table.name,
    hash: plan.generation,
    rowCount: rows.length,
    open: () => Readable.from(rows.map(encodeRow), { objectMode: false }),
  };
  return { migration: run.migration.id, table: plan.table.name, unit: unit.name, columns: plan.columns, key, part };
}

interface Upserted {
  readonly plan: LoadPlan;
  readonly outcome: UpsertOutcome;
  readonly rows: Rows;
}

async function publish(run: Run, target: Target, { plan, outcome, rows }: Upserted): Promise<void> {
  const { name } = plan.table;
  const folder = run.work.stageFolder("load", name);
  await inStageFolder(folder, run.context.pid, async () => {
    await emptyStageFolder(folder);
    const path = partName("part", 0);
    const fields = plan.parts[0]?.file.schema.fields ?? [];
    const file = await writeRows(join(folder, path), plan.columns, rows);
    const resource = resourceOf(file, { path, role: "part", fields });
    await writeManifest(
      folder,
      unitManifest(run, plan, { resource, outcome, rowCount: rows.length, target: target.identity }),
    );
  });
  const { inserted, updated, unchanged } = outcome;
  run.reporter.say("upserted", `load ${name}: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`, {
    table: name,
    inserted,
    updated,
    unchanged,
  });
  run.reporter.output(`${folder}/manifest.json`);
}
