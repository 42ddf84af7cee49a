import { basename, dirname, join } from "node:path";
import { isFile, readManifest, requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import type { Migration } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf, type Manifest, type Stage } from "../../lib/model/manifest.js";
import { nearest } from "../../lib/model/nearest.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { InspectOptions } from "./options.js";

/** The files somebody wants to look into, in order, each proved by its manifest where it lies beside one. */
export async function* filesToInspect(options: InspectOptions): AsyncGenerator<string> {
  if (await isFile(options.subject)) return yield await provedFile(options.subject);
  const migration = await readMigration(options.migration);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const stage = stageOf(migration, options);
  const folder = work.stageFolder(stage, options.subject);
  const manifest = await requireManifest(folder, commandLine(options, [stage, options.subject]));
  for (const file of chosen(manifest, options)) {
    // One after another: the first rows are shown before the last part is read.
    await verifyFile(folder, file, commandLine(options, [stage, options.subject, "--force"]));
    yield join(folder, file.path);
  }
}

async function provedFile(path: string): Promise<string> {
  const manifest = await readManifest(dirname(path));
  const resource = manifest?.resources.find((one) => one.path === basename(path));
  if (manifest === undefined || resource === undefined) return path;
  const { stage, subject } = manifest._waybill;
  await verifyFile(dirname(path), resource, `waybill ${stage} ${subject} --force`);
  return path;
}

function stageOf(migration: Migration, { subject, role, ofLoad, stage }: InspectOptions): Stage {
  const tables: readonly string[] = migration.tables.map(({ name }) => name);
  const extracts: readonly string[] = migration.extracts.map(({ name }) => name);
  const wanted = stage ?? (tables.includes(subject) ? "transform" : "extract");
  const names = wanted === "extract" ? extracts : tables;
  if (names.includes(subject)) return role === "differences" ? "validate" : ofLoad ? "load" : wanted;
  const all = stage === undefined ? [...new Set([...tables, ...extracts])] : names;
  const similar = nearest(subject, all);
  throw new StageError(
    "usage",
    `${subject} is no file and no ${stage === undefined ? "table or extract" : stage === "extract" ? "extract" : "table"} of ${migration.id}` +
      (similar === undefined ? "" : `; did you mean ${similar}?`),
    `there are ${all.join(", ")}`,
  );
}

function chosen(manifest: Manifest, { role, part }: InspectOptions): Manifest["resources"] {
  const files = filesOf(manifest, role);
  const { stage, subject } = manifest._waybill;
  if (files.length === 0) {
    throw new StageError(
      "missing",
      `${stage} ${subject} has no ${role} file`,
      `its files are ${manifest.resources.map(({ path }) => path).join(", ")}`,
    );
  }
  if (part === undefined) return files;
  const file = files[part];
  if (file !== undefined) return [file];
  throw new StageError("usage", `${stage} ${subject} has no part ${part}`, `its parts are 0 to ${files.length - 1}`);
}
