import { requireManifest, verifyFile } from "../files/manifest-file.js";
import { replayDirectory, replayNames, type WorkDirectory } from "../files/work-directory.js";
import { keyWidthFault } from "../mapping/check-referring.js";
import { parentsOf, tableNamed } from "../mapping/choose-tables.js";
import { transformFingerprint } from "../mapping/fingerprints.js";
import type { Migration, Table } from "../mapping/migration.js";
import { assertNoProblems, type Problem } from "../mapping/problems.js";
import { readExtracts } from "../mapping/query.js";
import { StageError } from "../model/errors.js";
import type { Json } from "../model/hash.js";
import { filesOf, type Input, type Manifest } from "../model/manifest.js";
import { distinctSnapshots, type Mixture, mixtureOf } from "../model/snapshots.js";
import type { ParentOutput } from "./load-parents.js";
import type { ExtractInput } from "./plan-mapping.js";
import type { WrittenOutput } from "./written-before.js";

/** Where the manifests lie, and how somebody would type the commands that make them. */
export interface MappingPlace {
  readonly migration: Migration;
  readonly work: WorkDirectory;
  /** Where parents are: in `work`, but for a replay in that of the run. */
  readonly parents: WorkDirectory;
  /** The name of the replay that `work` is of, if it is one. */
  readonly replay: string | undefined;
  command(stage: string, subject: string, more?: string): string;
}

/** What a table is mapped from: its extracts and the transforms of its parents. */
export interface TableInputs {
  readonly table: Table;
  /** Those it reads, in the order in which the table names them; `withQueries` puts a query's result in their place. */
  readonly extracts: readonly ExtractInput[];
  readonly parents: ReadonlyMap<string, ParentOutput>;
}

/** What a table's transform reads, and how the manifests of it all chain. */
export interface TransformInputs extends TableInputs {
  /** The tables that are settled together with it, itself among them: the same for each, in one order. */
  readonly ring: readonly TableInputs[];
  /** Rows of each extract that was read, by name. */
  readonly extractRows: Readonly<Record<string, number>>;
  readonly inputs: readonly Input[];
  readonly snapshots: readonly Json[];
  /** For a replay, what was written before it: by the run, and by earlier replays. */
  readonly written: readonly WrittenOutput[];
}

/**
 * Reads the manifests a table depends on. 66 when one is missing; 65 when a parent is stale, or when what all of it was
 * made from was read in different snapshots of one source.
 */
export async function readInputs(
  place: MappingPlace,
  table: Table,
  allowMixedSnapshots: boolean,
): Promise<TransformInputs> {
  const found = await readStanding(place, table, new Map());
  const mixture = mixtureOf(found.snapshots);
  if (mixture !== undefined && !allowMixedSnapshots) throw mixed(place, table, mixture);
  return place.replay === undefined ? found : await withWritten(place, table, found);
}

async function withWritten(place: MappingPlace, table: Table, found: TransformInputs): Promise<TransformInputs> {
  const earlier = (await replayNames(place.parents, table.name)).filter((name) => Number(name) < Number(place.replay));
  const works = [place.parents, ...earlier.map((name) => replayDirectory(place.parents, table.name, name))];
  const written: WrittenOutput[] = [];
  const inputs = [...found.inputs];
  for (const work of works) {
    const folder = work.stageFolder("transform", table.name);
    const manifest = await requireManifest(folder, place.command("transform", table.name));
    written.push({ folder, manifest });
    inputs.push(inputOf(work, manifest));
  }
  return { ...found, inputs, written };
}

/**
 * Proves every file a transform reads, byte for byte: 65 for the first that is damaged or gone. The engine itself does
 * not even look at gzip's own checksum.
 */
export async function verifyInputs(place: MappingPlace, { ring, written }: TransformInputs): Promise<void> {
  for (const one of ring) await verifyTable(place, one);
  for (const { folder, manifest } of written) {
    const command = place.command("transform", manifest._waybill.subject, "--force");
    for (const part of filesOf(manifest, "part")) await verifyFile(folder, part, command);
  }
}

async function verifyTable(place: MappingPlace, { extracts, parents }: TableInputs): Promise<void> {
  for (const { folder, manifest } of extracts) {
    const command = place.command("extract", manifest._waybill.subject, "--force");
    for (const part of filesOf(manifest, "part")) await verifyFile(folder, part, command);
  }
  for (const [name, parent] of parents) {
    const command = place.command("transform", name, "--force");
    for (const file of [...filesOf(parent.manifest, "part"), ...filesOf(parent.manifest, "ledger")])
      await verifyFile(parent.folder, file, command);
  }
}

/** Every folder that lies beneath what is read: the engine may look into no other. */
export function foldersOf({ ring, written }: Pick<TransformInputs, "ring" | "written">): readonly string[] {
  const read = ring.flatMap(({ extracts, parents }) => [...extracts, ...parents.values()]);
  return [...read, ...written].map(({ folder }) => folder);
}

type Standings = Map<string, Promise<TransformInputs>>;

// The snapshots are those of the extracts that lie there now, parents' included. What a parent's transform says of its
// own does not count: reading identical data again makes no transform stale, so it may name an older snapshot.
async function readStanding(place: MappingPlace, table: Table, known: Standings): Promise<TransformInputs> {
  const { migration } = place;
  const ring: TableInputs[] = [];
  const snapshots: Json[] = [];
  for (const name of table.ring) {
    const found = await readTable(place, tableNamed(migration, name), known);
    ring.push(found.table);
    snapshots.push(...found.snapshots);
  }
  for (const child of ring) for (const parent of ring) assertKeyWidths(child.table, parent.table, parent.extracts);
  const own = ring.find((one) => one.table.name === table.name);
  if (own === undefined) throw new Error(`${table.name} is not of its own ring`);
  const inputs = [own, ...ring].flatMap(({ extracts, parents }) => [
    ...extracts.map(({ manifest }) => inputOf(place.work, manifest)),
    ...[...parents.values()].map(({ manifest }) => inputOf(place.parents, manifest)),
  ]);
  const distinctInputs = [...new Map(inputs.map((input) => [input.path, input])).values()];
  const extractRows = Object.fromEntries(
    own.extracts.map(({ manifest: { _waybill } }) => [_waybill.subject, _waybill.counts.read ?? 0]),
  );
  return { ...own, ring, extractRows, inputs: distinctInputs, snapshots: distinctSnapshots(snapshots), written: [] };
}

function inputOf(work: WorkDirectory, { _waybill }: Manifest): Input {
  return { path: work.manifestName(_waybill.stage, _waybill.subject), outputHash: _waybill.outputHash };
}

async function readTable(
  place: MappingPlace,
  table: Table,
  known: Standings,
): Promise<{ readonly table: TableInputs; readonly snapshots: readonly Json[] }> {
  const { work } = place;
  const extracts: ExtractInput[] = [];
  for (const name of readExtracts(table)) {
    const folder = work.stageFolder("extract", name);
    extracts.push({ folder, manifest: await requireManifest(folder, place.command("extract", name)) });
  }
  const parents = new Map<string, ParentOutput>();
  const snapshots = extracts.flatMap(({ manifest }) => manifest._waybill.snapshots);
  for (const name of parentsOf(table)) {
    const parentFolder = place.parents.stageFolder("transform", name);
    const manifest = await requireManifest(parentFolder, place.command("transform", name));
    const parent = tableNamed(place.migration, name);
    const standing = await assertCurrent(place, table, { parent, manifest, known });
    assertKeyWidths(table, parent, standing.extracts);
    snapshots.push(...standing.snapshots);
    parents.set(name, { table: parent, folder: parentFolder, manifest });
  }
  return { table: { table, extracts, parents }, snapshots };
}

// Where the specification declares no key, only the extract knows of how many columns it is.
function assertKeyWidths(
  { file, lines, relationships }: Table,
  parent: Table,
  extracts: readonly ExtractInput[],
): void {
  const problems = relationships.flatMap(({ column, translates, ...relationship }): readonly Problem[] => {
    if (translates === undefined || relationship.parent !== parent.name) return [];
    const manifest = extracts.find((one) => one.manifest._waybill.subject === translates.extract)?.manifest;
    const key = manifest?._waybill.details.key as readonly string[] | undefined;
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
async function assertCurrent(
  place: MappingPlace,
  child: Table,
  { parent, manifest, known }: Parent,
): Promise<TransformInputs> {
  const { name } = parent;
  const standing = known.get(name) ?? readStanding({ ...place, work: place.parents }, parent, known);
  known.set(name, standing);
  const found = await standing;
  if (manifest._waybill.fingerprint === transformFingerprint(place.migration, parent, found.inputs)) return found;
  throw new StageError(
    "integrity",
    `${child.name}: its parent ${name} is stale: its mapping, or what it was made from, has changed since it was transformed`,
    `run it first: ${place.command("transform", name)}`,
  );
}

function mixed(place: MappingPlace, table: Table, { source, count }: Mixture): StageError {
  return new StageError(
    "integrity",
    `${table.name}: what it is made from was read in ${count} different snapshots of the source${source === undefined ? "" : ` ${source}`}; rows may not fit together`,
    `read all in one: ${place.command("extract", "--force")}; or accept it with --allow-mixed-snapshots`,
  );
}
