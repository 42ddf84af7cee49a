import type { ParentOutput } from "../../lib/engine/load-parents.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { parentsOf } from "../../lib/mapping/choose-tables.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Json } from "../../lib/model/hash.js";
import { filesOf, type Input, type Manifest } from "../../lib/model/manifest.js";
import { distinctSnapshots, type Mixture, mixtureOf } from "../../lib/model/snapshots.js";
import type { Run } from "../../lib/program/open-run.js";

/** What a table's transform reads: its extract and its parents' transforms, and how their manifests chain. */
export interface TransformInputs {
  readonly folder: string;
  readonly extract: Manifest;
  readonly parents: ReadonlyMap<string, ParentOutput>;
  readonly inputs: readonly Input[];
  readonly snapshots: readonly Json[];
}

/**
 * Reads the manifests a table depends on. 66 when one is missing; 65 when a parent is stale, or when what all of it was
 * made from was read in different snapshots of one source.
 */
export async function readInputs(run: Run, table: Table, allowMixedSnapshots: boolean): Promise<TransformInputs> {
  const found = await readStanding(run, table, new Map());
  const mixture = mixtureOf(found.snapshots);
  if (mixture !== undefined && !allowMixedSnapshots) throw mixed(run, table, mixture);
  return found;
}

/**
 * Proves every file a transform reads, byte for byte: 65 for the first that is damaged or gone. The engine itself does
 * not even look at gzip's own checksum.
 */
export async function verifyInputs(run: Run, { folder, extract, parents }: TransformInputs): Promise<void> {
  const { subject } = extract._waybill;
  for (const part of filesOf(extract, "part"))
    await verifyFile(folder, part, run.command("extract", subject, "--force"));
  for (const [name, parent] of parents) {
    const command = run.command("transform", name, "--force");
    for (const file of [...filesOf(parent.manifest, "part"), ...filesOf(parent.manifest, "ledger")])
      await verifyFile(parent.folder, file, command);
  }
}

type Standings = Map<string, Promise<TransformInputs>>;

// The snapshots are those of the extracts that lie there now, parents' included. What a parent's transform says of its
// own does not count: reading identical data again makes no transform stale, so it may name an older snapshot.
async function readStanding(run: Run, table: Table, known: Standings): Promise<TransformInputs> {
  const { work } = run;
  const folder = work.stageFolder("extract", table.from);
  const extract = await requireManifest(folder, run.command("extract", table.from));
  const parents = new Map<string, ParentOutput>();
  const snapshots = [...extract._waybill.snapshots];
  for (const name of parentsOf(table)) {
    const parentFolder = work.stageFolder("transform", name);
    const manifest = await requireManifest(parentFolder, run.command("transform", name));
    snapshots.push(...(await assertCurrent(run, table, { name, manifest, known })));
    parents.set(name, { folder: parentFolder, manifest });
  }
  const manifests = [extract, ...[...parents.values()].map(({ manifest }) => manifest)];
  const inputs = manifests.map(({ _waybill }) => ({
    path: work.manifestName(_waybill.stage, _waybill.subject),
    outputHash: _waybill.outputHash,
  }));
  return { folder, extract, parents, inputs, snapshots: distinctSnapshots(snapshots) };
}

interface Parent {
  readonly name: string;
  readonly manifest: Manifest;
  readonly known: Standings;
}

/** The snapshots of what a parent is made from. 65 when its transform is not what its mapping makes of that today. */
async function assertCurrent(run: Run, child: Table, { name, manifest, known }: Parent): Promise<readonly Json[]> {
  const parent = run.migration.tables.find((table) => table.name === name);
  if (parent === undefined) throw new Error(`no table ${name}`);
  const standing = known.get(name) ?? readStanding(run, parent, known);
  known.set(name, standing);
  const { inputs, snapshots } = await standing;
  if (manifest._waybill.fingerprint === transformFingerprint(run.migration, parent, inputs)) return snapshots;
  throw new StageError(
    "integrity",
    `${child.name}: its parent ${name} is stale: its mapping, or what it was made from, has changed since it was transformed`,
    `run it first: ${run.command("transform", name)}`,
  );
}

function mixed(run: Run, table: Table, { source, count }: Mixture): StageError {
  return new StageError(
    "integrity",
    `${table.name}: what it is made from was read in ${count} different snapshots of the source${source === undefined ? "" : ` ${source}`}; rows may not fit together`,
    `read all in one: ${run.command("extract", "--force")}; or accept it with --allow-mixed-snapshots`,
  );
}
