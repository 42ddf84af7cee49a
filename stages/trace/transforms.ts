import type { ExtractInput } from "../../lib/engine/plan-mapping.js";
import { readManifest, requireManifest } from "../../lib/files/manifest-file.js";
import { replayDirectory, replayNames, type WorkDirectory } from "../../lib/files/work-directory.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import type { ExtractName } from "../../lib/model/names.js";
import type { Context } from "../../lib/program/run-program.js";

/** The table whose row is traced, and where its files lie. */
export interface Tracing {
  readonly migration: Migration;
  readonly table: Table;
  readonly work: WorkDirectory;
  readonly context: Context;
  /** The command that makes something anew, as somebody would type it. */
  command(stage: string, subject: string, more?: string): string;
}

/** A transform of the table and what it read: that of the run, or of a replay. */
export interface Transformed {
  /** The replay's name; undefined for the run. */
  readonly replay: string | undefined;
  readonly work: WorkDirectory;
  /** In the order in which the table names them; none where a query made its rows, or one of them is gone. */
  readonly extracts: readonly ExtractInput[];
  /** Extracts that are not there any more: of their rows, there is what the transform says. */
  readonly gone: readonly ExtractName[];
  readonly folder: string;
  /** undefined: nothing but extracts is there. */
  readonly manifest: Manifest | undefined;
}

/** A part that was read, with the extract it is of; those of all extracts of a table are numbered through. */
export interface ReadPart {
  readonly extract: ExtractInput;
  readonly part: Resource;
  readonly index: number;
}

/** The parts that a transform reads, in order. */
export function readParts({ extracts }: Transformed): readonly ReadPart[] {
  const parts = extracts.flatMap((extract) => filesOf(extract.manifest, "part").map((part) => ({ extract, part })));
  return parts.map((part, index) => ({ ...part, index }));
}

/** The command that makes a transform's files anew; a replay's come back with its file alone. */
export function remedyOf({ command, table }: Tracing, { replay }: Transformed): string {
  if (replay !== undefined) return command("rejects", "discard", `${table.name} ${replay}`);
  return command("transform", table.name, "--force");
}

/** The command that reads an extract anew; that of a replay comes back with the replay's file alone. */
export function extractRemedy(tracing: Tracing, transformed: Transformed, { manifest }: ExtractInput): string {
  if (transformed.replay !== undefined) return remedyOf(tracing, transformed);
  return tracing.command("extract", manifest._waybill.subject, "--force");
}

/** The transforms of a table, those of its replays after that of the run. 66 when neither extracts nor transform are there. */
export async function readTransforms(tracing: Tracing): Promise<readonly Transformed[]> {
  const { work, table, command, context } = tracing;
  const folder = work.stageFolder("transform", table.name);
  // What a query made is nowhere but in the transform.
  const manifest =
    table.query === undefined
      ? await readManifest(folder)
      : await requireManifest(folder, command("transform", table.name));
  const found: Transformed[] = [
    { replay: undefined, work, ...(await readExtracted(tracing, manifest)), folder, manifest },
  ];
  for (const name of await replayNames(work, table.name)) {
    const replay = await readReplay(tracing, name);
    if (replay !== undefined && correctsRejectsOf(manifest, replay)) found.push(replay);
    else {
      const text = `replay ${name} of ${table.name} has not finished, or corrects rejects of another transform: it is left out`;
      context.reporter.warn("replay-left-out", text, { table: table.name, replay: name });
    }
  }
  return found;
}

// Parts are numbered through all extracts of a table: with one of them gone, the others' say nothing either.
async function readExtracted(
  { work, table, command }: Tracing,
  transform: Manifest | undefined,
): Promise<Pick<Transformed, "extracts" | "gone">> {
  const extracts: ExtractInput[] = [];
  const gone: ExtractName[] = [];
  for (const name of table.query === undefined ? table.extracts : []) {
    const folder = work.stageFolder("extract", name);
    const manifest =
      transform === undefined ? await requireManifest(folder, command("extract", name)) : await readManifest(folder);
    if (manifest === undefined) gone.push(name);
    else extracts.push({ folder, manifest });
  }
  return { extracts: gone.length === 0 ? extracts : [], gone };
}

async function readReplay({ work: run, table }: Tracing, name: string): Promise<Transformed | undefined> {
  const work = replayDirectory(run, table.name, name);
  const folder = work.stageFolder("transform", table.name);
  const manifest = await readManifest(folder);
  const extracts: ExtractInput[] = [];
  for (const extract of table.extracts) {
    const own = work.stageFolder("extract", extract);
    const corrected = await readManifest(own);
    if (corrected !== undefined) extracts.push({ folder: own, manifest: corrected });
  }
  const isWhole = manifest !== undefined && extracts.length === table.extracts.length;
  return isWhole ? { replay: name, work, extracts, gone: [], folder, manifest } : undefined;
}

function correctsRejectsOf(transform: Manifest | undefined, { extracts }: Transformed): boolean {
  return extracts.every(({ manifest }) => manifest._waybill.details.corrects === transform?._waybill.outputHash);
}
