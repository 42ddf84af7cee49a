import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { SourceTable } from "../../lib/databases/port.js";
import type { PartToLoad } from "../../lib/databases/target-port.js";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { type MappingPlan, planMapping, type TablePlans } from "../../lib/engine/plan-mapping.js";
import { readingMegabytes } from "../../lib/engine/read-csv.js";
import { openPart } from "../../lib/files/part-reader.js";
import { PartWriter } from "../../lib/files/part-writer.js";
import { makeFolder } from "../../lib/files/work-directory.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import { partName, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { gatherPart } from "./gather-part.js";
import type { ValidateInputs } from "./inputs.js";
import type { LiveExtract } from "./live-source.js";
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
  /** The table's extracts as their sources describe them now, in their order. */
  readonly live: readonly LiveExtract[];
  /** A folder of the sample's own, empty. */
  readonly folder: string;
}

/** Takes the sample: keys by their hash, so that the same rows come every time, read anew from the source and mapped. */
export async function takeSample(run: Run, request: SampleRequest): Promise<Sample> {
  const { inputs, folder } = request;
  await makeFolder(folder);
  const plans = planSample(run, inputs);
  const folders = [
    ...inputs.extracts.map((extract) => extract.folder),
    inputs.transformFolder,
    folder,
    ...plans[0].parents.map(({ relationship }) => run.work.stageFolder("transform", relationship.parent)),
  ];
  const files = [...inputs.extracts.map(({ manifest }) => manifest), inputs.transform].flatMap(
    ({ resources }) => resources,
  );
  // The comparison goes on beside the sample, and validate has 300 MB in all.
  const memoryMegabytes = 48 + readingMegabytes(files);
  const engine = await openEngine({ spillFolder: join(folder, "spill"), folders, memoryMegabytes });
  try {
    const connection = await engine.connect();
    const taken: TakenExtract[] = [];
    for (const [index, plan] of plans.entries()) {
      const sampled = { plan, tables: samples.sampleTables(index), index };
      taken.push(await takeExtract(request, { connection, sampled, rowCount: shareOf(run, inputs, index) }));
    }
    await mapSample(run, { connection, inputs, plans, parts: taken.map(({ part }) => part) });
    const sum = (name: "chosen" | "changed"): number => taken.reduce((total, one) => total + one[name], 0);
    const mapped = taken.map(({ part }) => part.path);
    return {
      kind: "taken",
      chosen: sum("chosen"),
      changed: sum("changed"),
      part: await publishMapped(run, { inputs, folder, mapped }),
    };
  } finally {
    engine.close();
  }
}

// What its ring was settled to stands in ledgers: to the sample every parent, the table itself too, is one that was mapped.
function planSample({ migration }: Run, { table, extracts }: ValidateInputs): TablePlans {
  return planMapping({ migrationId: migration.id, table, extracts, ring: [] });
}

/** How many rows are taken of a table's n-th extract: as many as it has among the rows of all. */
function shareOf({ migration }: Run, { extracts }: ValidateInputs, index: number): number {
  const rows = extracts.map(({ manifest }) => manifest._waybill.counts.read ?? 0);
  const total = rows.reduce((sum, count) => sum + count, 0);
  return Math.ceil((migration.acceptance.sampleRows * (rows[index] ?? 0)) / Math.max(total, 1));
}

interface TakenExtract {
  readonly chosen: number;
  readonly changed: number;
  readonly part: samples.SamplePart;
}

interface Taking {
  readonly connection: EngineConnection;
  readonly sampled: samples.SampledExtract & { readonly index: number };
  readonly rowCount: number;
}

async function takeExtract(request: SampleRequest, { connection, sampled, rowCount }: Taking): Promise<TakenExtract> {
  const { folder } = request;
  const { plan, index } = sampled;
  const keys = await chooseKeys({ connection, sampled, rowCount });
  const part = await readLive(request, { plan, index, keys });
  await connection.run(samples.makeLive(sampled, { folder, files: [part] }));
  await connection.run(samples.makeUnchanged(sampled));
  const [[chosen = "0", unchanged = "0"] = []] = await connection.rows(samples.countSampled(sampled));
  return {
    chosen: Number(chosen),
    changed: Number(chosen) - Number(unchanged),
    part: { ...sampled, folder, part, path: join(folder, `mapped-${index}.csv`) },
  };
}

type Keys = readonly (readonly (string | null)[])[];

async function chooseKeys({ connection, sampled, rowCount }: Taking): Promise<Keys> {
  const { folder, manifest } = sampled.plan.input;
  const files = filesOf(manifest, "part");
  const total = files.reduce((sum, part) => sum + part._rowCount, 0);
  // Six standard deviations more than wanted: in one case of a thousand million the sample is a little smaller.
  const limit = samples.hashLimit((rowCount + 6 * Math.sqrt(rowCount) + 10) / Math.max(total, 1));
  await connection.run(samples.makeCandidates(sampled, { folder, files }, limit));
  await connection.run(samples.makeSampled(sampled, rowCount));
  return await connection.rows(samples.selectKeys(sampled));
}

interface LiveRows {
  readonly plan: MappingPlan;
  readonly index: number;
  readonly keys: Keys;
}

async function readLive({ inputs, live, folder }: SampleRequest, { plan, index, keys }: LiveRows): Promise<Resource> {
  const [extract, now] = [inputs.extracts[index], live[index]];
  if (extract === undefined || now === undefined) throw new RangeError(`no extract ${index}`);
  const fields = extract.manifest.resources[0]?.schema.fields ?? [];
  const { source, table } = now;
  assertSameColumns(extract.manifest, plan, table);
  const declared = { kind: "keys", columns: plan.key, rows: keys } as const;
  const path = partName("part", index);
  const writer = await PartWriter.create(join(folder, path), { columns: fields.map(({ name }) => name) });
  try {
    await source.copy({ extract: extract.declared, table, range: undefined, selection: declared }, ({ rows }) =>
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
  {
    inputs,
    folder,
    mapped,
  }: { readonly inputs: ValidateInputs; readonly folder: string; readonly mapped: readonly string[] },
): Promise<PartToLoad> {
  const { parts, table } = inputs;
  const path = partName("mapped", 0);
  const resource = await gatherPart(folder, { path, fields: parts[0]?.file.schema.fields ?? [], files: mapped });
  const open = () => openPart(folder, resource, run.command("validate", table.name));
  return { name: "the sample", hash: resource._contentHash, rowCount: resource._rowCount, open };
}
