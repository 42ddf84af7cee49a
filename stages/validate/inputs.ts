import type { ExtractInput } from "../../lib/engine/plan-mapping.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import type { Extract, Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Json } from "../../lib/model/hash.js";
import { filesOf, type Input, type Manifest, type Resource, type Stage } from "../../lib/model/manifest.js";
import type { ExtractName } from "../../lib/model/names.js";
import type { Run } from "../../lib/program/open-run.js";

/** One of the table's extracts: as the specification declares it, and what lies there of it. */
export interface ValidateExtract extends ExtractInput {
  readonly declared: Extract;
}

/** What the stages before stated of one table, and where their files lie. */
export interface ValidateInputs {
  readonly table: Table;
  /** In the order in which the table names them. */
  readonly extracts: readonly ValidateExtract[];
  readonly transform: Manifest;
  readonly load: Manifest;
  readonly transformFolder: string;
  /** The files that hold the rows the target must hold, and their folder. */
  readonly parts: readonly Resource[];
  readonly partsFolder: string;
  readonly columns: readonly string[];
  readonly inputs: readonly Input[];
  readonly snapshots: readonly Json[];
}

/** Reads the three manifests. 66 where a stage has not finished, 65 where one stage read not what lies there now. */
export async function readInputs(run: Run, table: Table): Promise<ValidateInputs> {
  const read = (stage: Stage, subject: string): Promise<Manifest> =>
    requireManifest(run.work.stageFolder(stage, subject), run.command(stage, subject));
  const load = await read("load", table.name);
  const transform = await read("transform", table.name);
  const extracts: ValidateExtract[] = [];
  for (const name of table.extracts) {
    const manifest = await read("extract", name);
    extracts.push({ declared: declaredExtract(run, name), folder: run.work.stageFolder("extract", name), manifest });
  }
  assertChain(run, { from: transform, to: load });
  for (const { manifest } of extracts) assertChain(run, { from: manifest, to: transform });
  // A unit upserts some of what was mapped, and keeps just those rows beside its load manifest.
  const compared = run.unit === undefined ? transform : load;
  const parts = filesOf(compared, "part");
  return {
    table,
    extracts,
    transform,
    load,
    transformFolder: run.work.stageFolder("transform", table.name),
    partsFolder: run.work.stageFolder(compared._waybill.stage, table.name),
    parts,
    columns: parts[0]?.schema.fields.map(({ name }) => name) ?? [],
    inputs: [...manifestsOf(extracts), transform, load].map((manifest) => inputOf(run, manifest)),
    snapshots: transform._waybill.snapshots,
  };
}

/** Proves every file of the three stages byte for byte, so that no verdict rests on a damaged one: 65 for the first. */
export async function verifyFiles(run: Run, { extracts, transform, load }: ValidateInputs): Promise<void> {
  for (const { resources, _waybill } of [...manifestsOf(extracts), transform, load]) {
    const { stage, subject } = _waybill;
    const command = run.command(stage, subject, "--force");
    for (const file of resources) await verifyFile(run.work.stageFolder(stage, subject), file, command);
  }
}

function manifestsOf(extracts: readonly ValidateExtract[]): readonly Manifest[] {
  return extracts.map(({ manifest }) => manifest);
}

function declaredExtract({ migration }: Run, wanted: ExtractName): Extract {
  const declared = migration.extracts.find(({ name }) => name === wanted);
  if (declared === undefined) throw new Error(`no extract ${wanted}, though the specification was checked`);
  return declared;
}

function inputOf(run: Run, { _waybill }: Manifest): Input {
  return { path: run.work.manifestName(_waybill.stage, _waybill.subject), outputHash: _waybill.outputHash };
}

function assertChain(run: Run, { from, to }: { readonly from: Manifest; readonly to: Manifest }): void {
  const { path, outputHash } = inputOf(run, from);
  const found = to._waybill.inputs.find((input) => input.path === path)?.outputHash;
  if (found === outputHash) return;
  const { stage, subject } = to._waybill;
  throw new StageError(
    "integrity",
    `${stage} ${subject} was made from ${path} when its output was ${found ?? "not there"}, now it is ${outputHash}`,
    `run it again: ${run.command(stage, subject)}`,
  );
}
