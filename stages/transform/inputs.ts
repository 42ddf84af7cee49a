import type { ParentOutput } from "../../lib/engine/load-parents.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { keyWidthFault } from "../../lib/mapping/check-referring.js";
import { parentsOf } from "../../lib/mapping/choose-tables.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { assertNoProblems, type Problem } from "../../lib/mapping/problems.js";
import { StageError } from "../../lib/model/errors.js";
import type { Json } from "../../lib/model/hash.js";
import { filesOf, type Input, type Manifest } from "../../lib/model/manifest.js";
import { distinctSnapshots, type Mixture, mixtureOf } from "../../lib/model/snapshots.js";
import type { Run } from "../../lib/program/open-run.js";

/** What a table is mapped from: its extract and the transforms of its parents. */
export interface TableInputs {
  readonly table: Table;
  readonly folder: string;
  readonly extract: Manifest;
  readonly parents: ReadonlyMap<string, ParentOutput>;
}

/** What a table's transform reads, and how the manifests of it all chain. */
export interface TransformInputs extends TableInputs {
  /** The tables that are settled together with it, itself among them: the same for each, in one order. */
  readonly ring: readonly TableInputs[];
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
export async function verifyInputs(run: Run, { ring }: TransformInputs): Promise<void> {
  for (const one of ring) await verifyTable(run, one);
}

async function verifyTable(run: Run, { folder, extract, parents }: TableInputs): Promise<void> {
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
  const { work, migration } = run;
  const ring: TableInputs[] = [];
  const snapshots: Json[] = [];
  for (const name of table.ring) {
    const found = await readTable(run, tableNamed(migration, name), known);
    ring.push(found.table);
    snapshots.push(...found.snapshots);
  }
  for (const child of ring) for (const parent of ring) assertKeyWidths(child.table, parent.table, parent.extract);
  const own = ring.find((one) => one.table.name === table.name);
  if (own === undefined) throw new Error(`${table.name} is not of its own ring`);
  const manifests = [own, ...ring].flatMap(({ extract, parents }) => [
    extract,
    ...[...parents.values()].map(({ manifest }) => manifest),
  ]);
  const inputs = manifests.map(({ _waybill }) => ({
    path: work.manifestName(_waybill.stage, _waybill.subject),
    outputHash: _waybill.outputHash,
  }));
  const distinctInputs = [...new Map(inputs.map((input) => [input.path, input])).values()];
  return { ...own, ring, inputs: distinctInputs, snapshots: distinctSnapshots(snapshots) };
}

async function readTable(
  run: Run,
  table: Table,
  known: Standings,
): Promise<{ readonly table: TableInputs; readonly snapshots: readonly Json[] }> {
  const { work } = run;
  const folder = work.stageFolder("extract", table.from);
  const extract = await requireManifest(folder, run.command("extract", table.from));
  const parents = new Map<string, ParentOutput>();
  const snapshots = [...extract._waybill.snapshots];
  for (const name of parentsOf(table)) {
    const parentFolder = work.stageFolder("transform", name);
    const manifest = await requireManifest(parentFolder, run.command("transform", name));
    const parent = tableNamed(run.migration, name);
    const standing = await assertCurrent(run, table, { parent, manifest, known });
    assertKeyWidths(table, parent, standing.extract);
    snapshots.push(...standing.snapshots);
    parents.set(name, { table: parent, folder: parentFolder, manifest });
  }
  return { table: { table, folder, extract, parents }, snapshots };
}

function tableNamed({ tables }: Run["migration"], wanted: string): Table {
  const table = tables.find(({ name }) => name === wanted);
  if (table === undefined) throw new Error(`no table ${wanted}`);
  return table;
}

// Where the specification declares no key, only the extract knows of how many columns it is.
function assertKeyWidths({ file, lines, relationships }: Table, parent: Table, { _waybill }: Manifest): void {
  const key = (_waybill.details.key ?? []) as readonly string[];
  const problems = relationships.flatMap(({ column, translates, ...relationship }): readonly Problem[] => {
    if (translates === undefined || relationship.parent !== parent.name) return [];
    const fault = keyWidthFault(translates.keyColumns, key, { column, parent: parent.name });
    if (fault === undefined) return [];
    const [text, hint] = fault;
    return [{ file, line: lines.get(`columns.${column}`), text, hint }];
  });
  assertNoProblems(problems);
}

interface Parent {
  readonly parent: Table;
  readonly manifest: Manifest;
  readonly known: Standings;
}

/** What a parent is made from. 65 when its transform is not what its mapping makes of that today. */
async function assertCurrent(run: Run, child: Table, { parent, manifest, known }: Parent): Promise<TransformInputs> {
  const { name } = parent;
  const standing = known.get(name) ?? readStanding(run, parent, known);
  known.set(name, standing);
  const found = await standing;
  if (manifest._waybill.fingerprint === transformFingerprint(run.migration, parent, found.inputs)) return found;
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
