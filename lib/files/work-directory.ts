import { lstat, mkdir, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { StageError } from "../model/errors.js";
import { canonicalJson, type Json } from "../model/hash.js";
import type { Stage } from "../model/manifest.js";
import { diskError, errorCode } from "./disk-error.js";
import { safeName } from "./safe-name.js";
import { folderMode, writeWhole } from "./whole-file.js";

// 1. A work directory belongs to one migration, its sources and one target; another one is refused.
// 2. Nobody but its owner reads it.
// 3. Every path in it is made here, from safe names.

/** One run of one migration, or one unit of it: the folders are the same. */
export interface WorkDirectory {
  /** Where the stages of this run or unit lie. */
  readonly root: string;
  /** The run's own folder: run.json, log.jsonl and specification/ lie here, for units too. */
  readonly run: string;
  stageFolder(stage: Stage, subject: string): string;
  /** A stage folder's path as it stands in manifests: relative to the root, with forward slashes. */
  manifestName(stage: Stage, subject: string): string;
}

/** Opens the work directory at `path`, making it when it is not there; `unit` names a run of single keys or a sample. */
export async function openWorkDirectory(path: string, unit?: string): Promise<WorkDirectory> {
  const run = resolve(path);
  await makeFolder(run);
  await assertPrivate(run);
  const work = foldersOf(run, unit);
  if (unit !== undefined) await makeFolder(work.root);
  return work;
}

/** The same for a dry run: makes nothing. */
export function planWorkDirectory(path: string, unit?: string): WorkDirectory {
  return foldersOf(resolve(path), unit);
}

/** The work directory at `path` for who only looks: makes and binds nothing. 66 when there is none, 65 for another migration's. */
export async function findWorkDirectory(path: string, migration: string): Promise<WorkDirectory> {
  const work = foldersOf(resolve(path));
  const binding = await readBinding(join(work.run, "run.json"));
  if (binding.migration === undefined)
    throw new StageError(
      "missing",
      `${path} holds no run`,
      "start one: waybill extract, or say where it is with --work DIR",
    );
  assertSame(work, "migration", [binding.migration, migration]);
  return work;
}

function foldersOf(run: string, unit?: string): WorkDirectory {
  return rootedIn(run, unit === undefined ? run : join(run, "units", safeName(unit)));
}

function rootedIn(run: string, root: string): WorkDirectory {
  return {
    root,
    run,
    stageFolder: (stage, subject) => join(root, stage, safeName(subject)),
    manifestName: (stage, subject) => `${stage}/${safeName(subject)}/manifest.json`,
  };
}

/** Where a replay of a table's rejects lies: laid out like a run, whose own folders it never touches. */
export function replayDirectory({ run }: WorkDirectory, table: string, name: string): WorkDirectory {
  const own = ["replays", safeName(table), name];
  const root = join(run, ...own);
  return {
    root,
    run,
    stageFolder: (stage, subject) => join(root, stage, safeName(subject)),
    // Relative to the run: what a replay is made from lies partly there.
    manifestName: (stage, subject) => [...own, stage, safeName(subject), "manifest.json"].join("/"),
  };
}

/** The names of a table's replays, the oldest first. */
export async function replayNames({ run }: WorkDirectory, table: string): Promise<readonly string[]> {
  try {
    const names = await readdir(join(run, "replays", safeName(table)));
    return names.filter((name) => /^\d{3,}$/.test(name)).sort((one, other) => Number(one) - Number(other));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw diskError(error, join(run, "replays"));
  }
}

/** The folders of a run's units by their names, in the order of these. */
export async function unitDirectories({ run }: WorkDirectory): Promise<ReadonlyMap<string, WorkDirectory>> {
  const folder = join(run, "units");
  try {
    const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
    return new Map(names.map((name) => [name, rootedIn(run, join(folder, name))]));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return new Map();
    throw diskError(error, folder);
  }
}

/** Makes a folder and those above it, for its owner only. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: folderMode });
  } catch (error) {
    throw diskError(error, path);
  }
}

/** What a work directory is bound to. */
export interface Binding {
  readonly migration: string;
  readonly source?: string;
  /** Sources that have names, by these. */
  readonly sources?: Readonly<Record<string, string>>;
  readonly target?: string;
}

/** The part of a binding that says which database a source is; `name` is undefined for the only one without a name. */
export function sourceBinding(name: string | undefined, identity: string): Pick<Binding, "source" | "sources"> {
  return name === undefined ? { source: identity } : { sources: { [name]: identity } };
}

/**
 * Binds the run to a migration, its sources, a target: the first to come is written down, a different one is refused, so
 * that yesterday's rehearsal can never be loaded into today's production.
 */
export async function bindRun(work: WorkDirectory, binding: Binding): Promise<void> {
  const path = join(work.run, "run.json");
  const known = await readBinding(path);
  assertSameParts(work, known, binding);
  const sources = { ...known.sources, ...binding.sources };
  const merged = { ...known, ...binding, ...(Object.keys(sources).length === 0 ? {} : { sources }) };
  if (canonicalJson(merged as Json) === canonicalJson(known as Json)) return;
  await writeWhole(path, `${canonicalJson({ format: { name: "waybill-run", version: 1 }, ...merged }, 2)}\n`);
}

/** Refuses another migration, source or target than the run is bound to, and binds nothing: for a dry run. */
export async function assertBound(work: WorkDirectory, binding: Binding): Promise<void> {
  assertSameParts(work, await readBinding(join(work.run, "run.json")), binding);
}

function assertSameParts(work: WorkDirectory, known: Partial<Binding>, binding: Binding): void {
  for (const part of ["migration", "source", "target"] as const) assertSame(work, part, [known[part], binding[part]]);
  for (const [name, found] of Object.entries(binding.sources ?? {}))
    assertSame(work, `source ${name}`, [known.sources?.[name], found]);
}

async function readBinding(path: string): Promise<Partial<Binding>> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Partial<Binding>;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return {};
    throw new StageError("integrity", `${path} cannot be read as JSON`, "restore it, or choose another --work", error);
  }
}

function assertSame(work: WorkDirectory, part: string, [known, found]: readonly (string | undefined)[]): void {
  if (known === undefined || found === undefined || known === found) return;
  throw new StageError(
    "integrity",
    `${work.run} belongs to the ${part} ${known}, not to ${found}`,
    `choose another work directory (--work), or the ${part} this run was begun with`,
  );
}

async function assertPrivate(path: string): Promise<void> {
  const status = await lstat(path);
  if (!status.isDirectory()) throw insecure(path, "is not a folder");
  if ((status.mode & 0o022) !== 0) throw insecure(path, "can be written by others");
}

function insecure(path: string, what: string): StageError {
  return new StageError(
    "forbidden",
    `the work directory ${path} ${what}`,
    `chmod 700 ${path}, or choose another --work`,
  );
}
