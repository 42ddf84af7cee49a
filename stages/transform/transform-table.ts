import { join } from "node:path";
import { type Engine, type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { mapPart } from "../../lib/engine/map-part.js";
import { foldersOf, type TransformInputs, verifyInputs } from "../../lib/engine/mapping-inputs.js";
import type { TablePlans } from "../../lib/engine/plan-mapping.js";
import { partsOf, planTable, prepareRing, type TableParts } from "../../lib/engine/prepare-ring.js";
import { withQueries } from "../../lib/engine/run-query.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { emptyStageFolder, inStageFolder, removeFolder } from "../../lib/files/stage-folder.js";
import type { Table } from "../../lib/mapping/migration.js";
import { counted, withCommas } from "../../lib/mapping/words.js";
import type { Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { type ReadySteps, readySteps, type StepsPlace } from "../../lib/steps/ready-steps.js";
import { type Outputs, openOutputs, type TransformResult } from "./outputs.js";
import { transformManifest } from "./transform-manifest.js";

/** Maps one table part by part, in bounded memory, and publishes its files and manifest. */
export async function transformTable(run: Run, table: Table, inputs: TransformInputs): Promise<Manifest> {
  const folder = run.work.stageFolder("transform", table.name);
  return inStageFolder(folder, run.context.pid, async () => {
    const startedMs = performance.now();
    // A damaged input or a wrong mapping is found before anything of an earlier transform is taken away.
    await verifyInputs(run, inputs);
    const made = join(folder, queryFolder);
    await removeFolder(made);
    try {
      return await mapAndPublish(run, { folder, startedMs, ...(await withQueries(run.migration, inputs, made)) });
    } finally {
      await removeFolder(made);
    }
  });
}

/** Where the result of a query lies while its table is mapped. */
const queryFolder = ".query";

interface TableToPublish extends TransformInputs {
  readonly folder: string;
  readonly startedMs: number;
}

async function mapAndPublish(run: Run, { folder, startedMs, ...inputs }: TableToPublish): Promise<Manifest> {
  const { table } = inputs;
  const ring = inputs.ring.map((one) => planTable(run.migration, one));
  const plans = ring.find(([{ table: one }]) => one.name === table.name);
  if (plans === undefined) throw new Error(`${table.name} is not of its own ring`);
  const steps = await readySteps(stepsPlace(run), ring);
  await emptyStageFolder(folder, (name) => name === queryFolder);
  const { result, engine } = await mapTable(run, { folder, plans, ring, inputs, steps });
  const manifest = transformManifest(run, { table, plans, inputs, result, engine });
  await writeManifest(folder, manifest);
  tell(run, manifest, (performance.now() - startedMs) / 1000);
  return manifest;
}

function stepsPlace({ migration, options, reporter, command }: Run): StepsPlace {
  return {
    migration,
    jobs: options.jobs,
    command,
    progress: (table, totalRows) => reporter.progress(`steps of ${table}`, totalRows),
  };
}

interface TableToMap {
  readonly folder: string;
  /** One for each of its extracts. */
  readonly plans: TablePlans;
  /** Those of all tables of its ring, its own among them. */
  readonly ring: readonly TablePlans[];
  readonly inputs: TransformInputs;
  readonly steps: ReadySteps;
}

interface Mapped {
  readonly result: TransformResult;
  readonly engine: string;
}

/** Writes a table's files; when that fails, no draft of them is left and nothing runs any more. */
async function mapTable(run: Run, table: TableToMap): Promise<Mapped> {
  const spillFolder = join(table.folder, ".spill");
  try {
    const parts = await table.steps.run(table.ring.map(partsOf), join(spillFolder, "steps"));
    return await mapPrepared(run, { ...table, parts, spillFolder });
  } finally {
    await removeFolder(spillFolder);
  }
}

interface PreparedTable extends TableToMap {
  /** The parts the engine reads: those of all tables of the ring. */
  readonly parts: readonly TableParts[];
  readonly spillFolder: string;
}

async function mapPrepared(
  run: Run,
  { folder, plans, ring, inputs, parts, spillFolder }: PreparedTable,
): Promise<Mapped> {
  const engine = await openEngine({ spillFolder, folders: foldersOf(inputs) });
  try {
    const outputs = await openOutputs(folder, plans);
    try {
      await mapParts(run, { engine, plans, ring, inputs, parts, outputs });
      return { result: await outputs.finish(), engine: engine.version };
    } catch (error) {
      await outputs.discard();
      throw error;
    }
  } finally {
    engine.close();
  }
}

/** More parts at once would not fit the engine's memory: a part of 250,000 rows takes some 100 MB while it is mapped. */
const partsAtOnce = 4;

interface Mapping extends Omit<TableToMap, "folder" | "steps"> {
  readonly engine: Engine;
  readonly parts: readonly TableParts[];
  readonly outputs: Outputs;
}

async function mapParts(run: Run, { engine, plans, ring, inputs, parts: all, outputs }: Mapping): Promise<void> {
  const first = await engine.connect();
  await prepareRing(run, first, { ring, inputs, parts: all });
  const parts = all[ring.indexOf(plans)] ?? [];
  const rowCount = parts.reduce((sum, { part }) => sum + part._rowCount, 0);
  const progress = run.reporter.progress(`transform ${plans[0].table.name}`, rowCount);
  const waiting = [...parts];
  const work = async (connection: EngineConnection): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      await mapPart(connection, part.plan, part);
      await outputs.write(connection, part.plan, part.index);
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
  const name = run.replay === undefined ? subject : `${subject}, replay ${run.replay}`;
  run.reporter.say("transformed", `transform ${name}: ${text}`, { table: subject, ...counts, seconds });
}
