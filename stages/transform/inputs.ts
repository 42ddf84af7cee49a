import type { ParentOutput } from "../../lib/engine/load-parents.js";
import { requireManifest } from "../../lib/files/manifest-file.js";
import { parentsOf } from "../../lib/mapping/choose-tables.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Json } from "../../lib/model/hash.js";
import type { Input, Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";

/** What a table's transform reads: its extract and its parents' transforms, and how their manifests chain. */
export interface TransformInputs {
  readonly folder: string;
  readonly extract: Manifest;
  readonly parents: ReadonlyMap<string, ParentOutput>;
  readonly inputs: readonly Input[];
  readonly snapshots: readonly Json[];
}

/** Reads the manifests a table depends on. 66 when one is missing, 65 when they are of different snapshots. */
export async function readInputs(run: Run, table: Table, allowMixedSnapshots: boolean): Promise<TransformInputs> {
  const { work } = run;
  const folder = work.stageFolder("extract", table.from);
  const extract = await requireManifest(folder, run.command("extract", table.from));
  const parents = new Map<string, ParentOutput>();
  for (const parent of parentsOf(table)) {
    const parentFolder = work.stageFolder("transform", parent);
    parents.set(parent, {
      folder: parentFolder,
      manifest: await requireManifest(parentFolder, run.command("transform", parent)),
    });
  }
  const manifests = [extract, ...[...parents.values()].map(({ manifest }) => manifest)];
  const snapshots = distinctSnapshots(manifests);
  if (snapshots.length > 1 && !allowMixedSnapshots) throw mixed(run, table, snapshots.length);
  const inputs = manifests.map(({ _waybill }) => ({
    path: work.manifestName(_waybill.stage, _waybill.subject),
    outputHash: _waybill.outputHash,
  }));
  return { folder, extract, parents, inputs, snapshots };
}

function distinctSnapshots(manifests: readonly Manifest[]): readonly Json[] {
  const all = manifests.flatMap(({ _waybill }) => _waybill.snapshots);
  return [...new Map(all.map((snapshot) => [idOf(snapshot), snapshot])).values()];
}

function idOf(snapshot: Json): string {
  return String((snapshot as { readonly id?: string }).id);
}

function mixed(run: Run, table: Table, count: number): StageError {
  return new StageError(
    "integrity",
    `${table.name}: what it is made from was read in ${count} different snapshots of the source; rows may not fit together`,
    `read all in one: ${run.command("extract", "--force")}; or accept it with --allow-mixed-snapshots`,
  );
}
