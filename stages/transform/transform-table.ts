import { join } from "node:path";
import { type Engine, type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { loadParent } from "../../lib/engine/load-parents.js";
import { addToFirstPass, mapPart, settleFirstPass } from "../../lib/engine/map-part.js";
import { type MappingPlan, planMapping, sourceColumnsOf } from "../../lib/engine/plan-mapping.js";
import { prepareEngine } from "../../lib/engine/prepare-engine.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { emptyStageFolder, inStageFolder, removeFolder } from "../../lib/files/stage-folder.js";
import { compileTable } from "../../lib/mapping/compile-table.js";
import type { Table } from "../../lib/mapping/migration.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { counted, withCommas } from "../../lib/program/progress.js";
import { type TransformInputs, verifyInputs } from "./inputs.js";
import { type Outputs, openOutputs, type TransformResult } from "./outputs.js";
import { transformManifest } from "./transform-manifest.js";

/** Maps one table part by part, in bounded memory, and publishes its files and manifest. */
export async function transformTable(run: Run, table: Table, inputs: TransformInputs): Promise<Manifest> {
  const folder = run.work.stageFolder("transform", table.name);
  return inStageFolder(folder, run.context.pid, async () => {
    const startedMs = performance.now();
    // A damaged input or a wrong mapping is found before anything of an earlier transform is taken away.
    await verifyInputs(run, inputs);
    const plan = planOf(run, table, inputs);
    await emptyStageFolder(folder);
    const { result, engine } = await mapTable(run, { folder, plan, inputs });
    const manifest = transformManifest(run, { table, plan, inputs, result, engine });
    await writeManifest(folder, manifest);
    tell(run, manifest, (performance.now() - startedMs) / 1000);
    return manifest;
  });
}

function planOf(run: Run, table: Table, { extract }: TransformInputs): MappingPlan {
  return planMapping(table, compileTable(run.migration.id, table, sourceColumnsOf(extract)), extract);
}

interface TableToMap {
  readonly folder: string;
  readonly plan: MappingPlan;
  readonly inputs: TransformInputs;
}

/** Writes a table's files; when that fails, no draft of them is left and nothing runs any more. */
async function mapTable(
  run: Run,
  { folder, plan, inputs }: TableToMap,
): Promise<{ result: TransformResult; engine: string }> {
  const spillFolder = join(folder, ".spill");
  const parentFolders = [...inputs.parents.values()].map((parent) => parent.folder);
  const engine = await openEngine({ spillFolder, folders: [inputs.folder, ...parentFolders] });
  try {
    const outputs = await openOutputs(folder, plan);
    try {
      await mapParts(run, { engine, plan, inputs, outputs });
      return { result: await outputs.finish(), engine: engine.version };
    } catch (error) {
      await outputs.discard();
      throw error;
    }
  } finally {
    engine.close();
    await removeFolder(spillFolder);
  }
}

/** More parts at once would not fit the engine's memory: a part of 250,000 rows takes some 100 MB while it is mapped. */
const partsAtOnce = 4;

interface Mapping {
  readonly engine: Engine;
  readonly plan: MappingPlan;
  readonly inputs: TransformInputs;
  readonly outputs: Outputs;
}

async function mapParts(run: Run, { engine, plan, inputs, outputs }: Mapping): Promise<void> {
  const first = await engine.connect();
  await prepareEngine(first, plan.compiled, run);
  for (const link of plan.parents) {
    const parent = inputs.parents.get(link.relationship.parent);
    if (parent !== undefined) await loadParent(first, link, parent);
  }
  const parts = filesOf(inputs.extract, "part").map((part, index) => ({ folder: inputs.folder, part, index }));
  if (plan.needsFirstPass) {
    for (const part of parts) await addToFirstPass(first, plan, part);
    await settleFirstPass(first, plan);
  }
  const progress = run.reporter.progress(`transform ${plan.table.name}`, inputs.extract._waybill.counts.read);
  const waiting = [...parts];
  const work = async (connection: EngineConnection): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      await mapPart(connection, plan, part);
      await outputs.write(connection, part.index);
      progress.advance(part.part._rowCount);
    }
  };
  const others: EngineConnection[] = [];
  while (others.length + 1 < Math.min(run.options.jobs, parts.length, partsAtOnce)) others.push(await engine.connect());
  // All of them, not until the first fails: the engine must not be closed under a part that is still being mapped.
  const ends = await Promise.allSettled(
    [first, ...others].map(async (connection) => {
      try {
        await work(connection);
      } catch (error) {
        waiting.length = 0;
        outputs.abandon(error);
        throw error;
      }
    }),
  );
  progress.finish();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

function tell(run: Run, manifest: Manifest, seconds: number): void {
  const { subject, counts } = manifest._waybill;
  const kept = (["filtered", "rejected", "deduplicated"] as const).flatMap((name) =>
    counts[name] ? [`${withCommas(counts[name])} ${name}`] : [],
  );
  const text = [
    `${counted(counts.read ?? 0, "row")} read`,
    ...kept,
    `${withCommas(counts.written ?? 0)} written`,
    `${seconds.toFixed(1)} s`,
  ].join(", ");
  run.reporter.say("transformed", `transform ${subject}: ${text}`, { table: subject, ...counts, seconds });
}
