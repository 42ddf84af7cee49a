import type { ExtractInput } from "../../lib/engine/plan-mapping.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import type { Extract, Table } from "../../lib/mapping/migration.js";
import { readExtracts } from "../../lib/mapping/query.js";
import { StageError } from "../../lib/model/errors.js";
import type { Json } from "../../lib/model/hash.js";
import { filesOf, type Input, type Manifest, type Resource, type Stage } from "../../lib/model/manifest.js";
import type { ExtractName } from "../../lib/model/names.js";
import type { Run } from "../../lib/program/open-run.js";
import { type Replay, standingReplays } from "../../lib/program/standing-replays.js";

/** One of the table's extracts: as the specification declares it, and what lies there of it. */
export interface ValidateExtract extends ExtractInput {
  readonly declared: Extract;
}

/** A file of rows that the target must hold. */
export interface ExpectedPart {
  readonly name: string;
  readonly folder: string;
  readonly file: Resource;
}

/** What the stages before stated of one table, and where their files lie. */
export interface ValidateInputs {
  readonly table: Table;
  /** In the order in which the table names them. */
  readonly extracts: readonly ValidateExtract[];
  readonly transform: Manifest;
  readonly load: Manifest;
  readonly transformFolder: string;
  /** Corrected rejects, whose rows stand in the target after those of the transform. */
  readonly replays: readonly Replay[];
  /** The files that hold the rows the target must hold, and where they lie. */
  readonly parts: readonly ExpectedPart[];
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
  for (const name of readExtracts(table)) {
    const manifest = await read("extract", name);
    extracts.push({ declared: declaredExtract(run, name), folder: run.work.stageFolder("extract", name), manifest });
  }
  assertChain(run, { from: transform, to: load });
  for (const { manifest } of extracts) assertChain(run, { from: manifest, to: transform });
  // A unit upserts some of what was mapped, and keeps just those rows beside its load manifest.
  const compared = run.unit === undefined ? transform : load;
  const replays = await standingReplays(run, table, { base: transform });
  assertReplaysLoaded(run, table, { load, replays });
  const folder = run.work.stageFolder(compared._waybill.stage, table.name);
  const parts = [
    ...filesOf(compared, "part").map((file) => ({ name: file.path, folder, file })),
    ...replays.flatMap((replay) =>
      filesOf(replay.transform, "part").map((file) => ({
        name: `replay-${replay.name}/${file.path}`,
        folder: replay.folder,
        file,
      })),
    ),
  ];
  return {
    table,
    extracts,
    transform,
    load,
    transformFolder: run.work.stageFolder("transform", table.name),
    replays,
    parts,
    columns: parts[0]?.file.schema.fields.map(({ name }) => name) ?? [],
    inputs: [
      ...[...manifestsOf(extracts), transform, load].map((manifest) => inputOf(run, manifest)),
      ...replays.map(({ input }) => input),
    ],
    snapshots: transform._waybill.snapshots,
  };
}

/** Proves every file of the three stages byte for byte, so that no verdict rests on a damaged one: 65 for the first. */
export async function verifyFiles(run: Run, { extracts, transform, load, replays }: ValidateInputs): Promise<void> {
  for (const { resources, _waybill } of [...manifestsOf(extracts), transform, load]) {
    const { stage, subject } = _waybill;
    const command = run.command(stage, subject, "--force");
    for (const file of resources) await verifyFile(run.work.stageFolder(stage, subject), file, command);
  }
  for (const { name, work, extracts: corrected, transform: mapped } of replays) {
    const command = run.command("rejects", "discard", `${mapped._waybill.subject} ${name}`);
    for (const { resources, _waybill } of [...corrected, mapped])
      for (const file of resources) await verifyFile(work.stageFolder(_waybill.stage, _waybill.subject), file, command);
  }
}

// A replay that was made, or taken back, since the load: the target does not hold what the files say.
function assertReplaysLoaded(
  run: Run,
  table: Table,
  { load, replays }: { readonly load: Manifest; readonly replays: readonly Replay[] },
): void {
  const own = run.work.manifestName("transform", table.name);
  const loaded = load._waybill.inputs.filter(({ path }) => path !== own);
  const isSame =
    loaded.length === replays.length &&
    replays.every(({ input }, index) => {
      const { path, outputHash } = loaded[index] ?? {};
      return input.path === path && input.outputHash === outputHash;
    });
  if (isSame) return;
  throw new StageError(
    "integrity",
    `${table.name} was loaded with ${loaded.length} replays of rejects, now there are ${replays.length}, or other ones`,
    `load it again: ${run.command("load", table.name)}`,
  );
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
