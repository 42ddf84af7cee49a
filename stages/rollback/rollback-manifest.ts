import type { DatabaseIdentity } from "../../lib/databases/port.js";
import type { TakenBack } from "../../lib/databases/rollback-port.js";
import type { Generation } from "../../lib/databases/target-port.js";
import { readManifest } from "../../lib/files/manifest-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import { hashOf } from "../../lib/model/hash.js";
import { buildManifest, type Manifest, type Resource } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";
import { savedResource } from "./saved-changes.js";

/** A load that was taken back, as the ledger has it. */
export interface TakenBackLoad {
  readonly table: Table;
  readonly generation: Generation;
  readonly outcome: TakenBack;
}

/** The manifest of a load that was taken back. What earlier rollbacks of the table saved stays listed. */
export async function rollbackManifest(
  run: Run,
  { table, generation, outcome }: TakenBackLoad,
  target: DatabaseIdentity,
): Promise<Manifest> {
  const { before, after, restored, removed, checksum, changes, saved } = outcome;
  const { name, mode, way } = generation;
  return buildManifest(await resourcesOf(run, table, saved), {
    stage: "rollback",
    subject: table.name,
    migration: run.migration.id,
    fingerprint: hashOf({ program: "rollback/1", migration: run.migration.id, table: table.name, generation: name }),
    inputs: [],
    snapshots: [],
    counts: { before, removed, restored, after, ...changes, saved: saved?.rowCount ?? 0 },
    checksum,
    verdict: { code: 0, reasons: [] },
    tool: { ...tool(), target: `${target.product} ${target.version}` },
    details: { generation: name, mode, way },
  });
}

async function resourcesOf(run: Run, table: Table, saved: TakenBack["saved"]): Promise<readonly Resource[]> {
  const folder = run.work.stageFolder("rollback", table.name);
  const earlier = (await readManifest(folder))?.resources ?? [];
  if (saved === undefined || earlier.some(({ path }) => path === saved.file)) return earlier;
  return [...earlier, await savedResource(folder, saved)];
}
