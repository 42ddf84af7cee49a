import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { PartToLoad, SourceTable } from "../../lib/databases/port.js";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { type MappingPlan, planMapping, sourceColumnsOf } from "../../lib/engine/plan-mapping.js";
import { openPart } from "../../lib/files/part-reader.js";
import { PartWriter } from "../../lib/files/part-writer.js";
import { appendPlainFile, finishPart } from "../../lib/files/plain-file.js";
import { makeFolder } from "../../lib/files/work-directory.js";
import { compileTable } from "../../lib/mapping/compile-table.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import { partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import type { ValidateInputs } from "./inputs.js";
import type { LiveSource } from "./live-source.js";
import { mapSample } from "./map-sample.js";
import * as samples from "./sample-sql.js";

/** Rows read again from the live source and mapped anew: what the target must hold of them. */
export interface Sample {
  readonly kind: "taken";
  /** Rows of the extract that were chosen. */
  readonly chosen: number;
  /** Of these, rows whose key's rows have changed in the source since: drift, not compared. */
  readonly changed: number;
  readonly part: PartToLoad;
}

export interface SampleRequest {
  readonly inputs: ValidateInputs;
  readonly live: LiveSource & { readonly kind: "open" };
  readonly source: SourceTable;
  /** A folder of the sample's own, empty. */
  readonly folder: string;
}

/** Takes the sample: keys by their hash, so that the same rows come every time, read anew from the source and mapped. */
export async function takeSample(run: Run, request: SampleRequest): Promise<Sample> {
  const { inputs, folder } = request;
  await makeFolder(folder);
  const plan = planSample(run, inputs);
  const folders = [
    inputs.extractFolder,
    inputs.transformFolder,
    folder,
    ...plan.parents.map(({ relationship }) => run.work.stageFolder("transform", relationship.parent)),
  ];
  const engine = await openEngine({ spillFolder: join(folder, "spill"), folders });
  try {
    const connection = await engine.connect();
    const keys = await chooseKeys(connection, plan, { inputs, rowCount: run.migration.acceptance.sampleRows });
    const part = await readLive(request, plan, keys);
    await connection.run(samples.makeLive(plan, { folder, files: [part] }));
    await connection.run(samples.makeUnchanged(plan));
    const [[chosen = "0", unchanged = "0"] = []] = await connection.rows(samples.countSampled());
    const mapped = join(folder, "mapped.csv");
    await mapSample(run, { connection, plan, inputs, part: { folder, part, index: 0 }, path: mapped });
    return {
      kind: "taken",
      chosen: Number(chosen),
      changed: Number(chosen) - Number(unchanged),
      part: await publishMapped(run, { inputs, folder, mapped }),
    };
  } finally {
    engine.close();
  }
}

// What its ring was settled to stands in ledgers: to the sample every parent, the table itself too, is one that was mapped.
function planSample(run: Run, { table, extract }: ValidateInputs): MappingPlan {
  const compiled = compileTable(run.migration.id, table, sourceColumnsOf(extract));
  return planMapping({ table, compiled, manifest: extract, ring: [] });
}

type Keys = readonly (readonly (string | null)[])[];

async function chooseKeys(
  connection: EngineConnection,
  plan: MappingPlan,
  { inputs, rowCount }: { readonly inputs: ValidateInputs; readonly rowCount: number },
): Promise<Keys> {
  const files = filesOf(inputs.extract, "part");
  const total = files.reduce((sum, part) => sum + part._rowCount, 0);
  // Six standard deviations more than wanted: in one case of a thousand million the sample is a little smaller.
  const limit = samples.hashLimit((rowCount + 6 * Math.sqrt(rowCount) + 10) / Math.max(total, 1));
  await connection.run(samples.makeCandidates(plan, { folder: inputs.extractFolder, files }, limit));
  await connection.run(samples.makeSampled(rowCount));
  return await connection.rows(samples.selectKeys(plan));
}

async function readLive(
  { inputs, live, source: table, folder }: SampleRequest,
  plan: MappingPlan,
  keys: Keys,
): Promise<Resource> {
  const extract = inputs.extract;
  const fields = extract.resources[0]?.schema.fields ?? [];
  assertSameColumns(extract, plan, table);
  const declared = { kind: "keys", columns: plan.key, rows: keys } as const;
  const path = partName("part", 0);
  const writer = await PartWriter.create(join(folder, path), { columns: fields.map(({ name }) => name) });
  try {
    await live.source.copy({ extract: inputs.declared, table, range: undefined, selection: declared }, ({ rows }) =>
      pipeline(rows, writer),
    );
    return resourceOf(await writer.publish(), { path, role: "part", fields });
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function assertSameColumns(
  { _waybill: { subject } }: Manifest,
  { sourceColumns }: MappingPlan,
  { columns }: SourceTable,
): void {
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(", ");
  if (names(sourceColumns) === names(columns)) return;
  throw new StageError(
    "specification",
    `the source's columns of ${subject} have changed since the extract`,
    `extract it again: waybill extract ${subject} --force`,
  );
}

async function publishMapped(
  run: Run,
  { inputs, folder, mapped }: { readonly inputs: ValidateInputs; readonly folder: string; readonly mapped: string },
): Promise<PartToLoad> {
  const { columns, parts, table } = inputs;
  const path = partName("mapped", 0);
  const writer = await PartWriter.create(join(folder, path), { columns });
  await appendPlainFile(mapped, writer);
  const file = await finishPart(writer);
  const resource = resourceOf(file, { path, role: "part", fields: parts[0]?.schema.fields ?? [] });
  const open = () => openPart(folder, resource, run.command("validate", table.name));
  return { name: "the sample", hash: file.contentHash, rowCount: file.rowCount, open };
}
