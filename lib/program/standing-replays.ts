import { dirname, join } from "node:path";
import { filesStand, readManifest } from "../files/manifest-file.js";
import { replayDirectory, replayNames, type WorkDirectory } from "../files/work-directory.js";
import { transformFingerprint } from "../mapping/fingerprints.js";
import type { Table } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";
import type { Input, Manifest } from "../model/manifest.js";
import type { Run } from "./open-run.js";

/** Rejected rows of a table that were corrected and mapped: they belong to the table, after those of the run. */
export interface Replay {
  readonly name: string;
  readonly work: WorkDirectory;
  /** Where its transform lies. */
  readonly folder: string;
  readonly transform: Manifest;
  /** The corrected rows, by extract, in the order in which the table names these. */
  readonly extracts: readonly Manifest[];
  readonly input: Input;
}

/**
 * The replays of a table, the oldest first, given the transform whose rejects they correct; a unit has none. 65 for one
 * that has not finished, and for one that corrects what is not there any more: without it rows would be forgotten.
 */
export async function standingReplays(
  run: Run,
  table: Table,
  { base, names }: { readonly base: Manifest; readonly names?: readonly string[] },
): Promise<readonly Replay[]> {
  if (run.unit !== undefined) return [];
  const replays: Replay[] = [];
  for (const name of names ?? (await replayNames(run.work, table.name)))
    replays.push(await standing(run, table, { name, base }));
  return replays;
}

async function standing(
  run: Run,
  table: Table,
  { name, base }: { readonly name: string; readonly base: Manifest },
): Promise<Replay> {
  const work = replayDirectory(run.work, table.name, name);
  const folder = work.stageFolder("transform", table.name);
  const extracts: Manifest[] = [];
  for (const extract of table.extracts)
    extracts.push(await finished(run, table, { name, folder: work.stageFolder("extract", extract) }));
  const transform = await finished(run, table, { name, folder });
  const { outputHash } = base._waybill;
  if (extracts.some(({ _waybill }) => _waybill.details.corrects !== outputHash))
    throw broken(run, table, name, "corrects rejects of an earlier transform");
  if (transform._waybill.fingerprint !== transformFingerprint(run.migration, table, transform._waybill.inputs))
    throw broken(run, table, name, "was mapped by other rules than those of today");
  for (const input of transform._waybill.inputs) {
    const manifest = await readManifest(join(run.work.run, dirname(input.path)));
    if (manifest?._waybill.outputHash !== input.outputHash)
      throw broken(run, table, name, `was made from ${input.path}, which has changed`);
  }
  const input = { path: work.manifestName("transform", table.name), outputHash: transform._waybill.outputHash };
  return { name, work, folder, transform, extracts, input };
}

async function finished(
  run: Run,
  table: Table,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (manifest !== undefined && (await filesStand(folder, manifest))) return manifest;
  throw broken(run, table, name, "has not finished, or a file of it is damaged");
}

function broken(run: Run, table: Table, name: string, what: string): StageError {
  return new StageError(
    "integrity",
    `replay ${name} of ${table.name} ${what}`,
    `${run.command("rejects", "discard", `${table.name} ${name}`)}; then replay its file again`,
  );
}
