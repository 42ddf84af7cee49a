import type { EngineConnection } from "../../lib/engine/duckdb.js";
import { loadParent } from "../../lib/engine/load-parents.js";
import { firstPassOver, mapPart } from "../../lib/engine/map-part.js";
import { finalValue, type MappingPlan, type TablePlans } from "../../lib/engine/plan-mapping.js";
import { prepareEngine } from "../../lib/engine/prepare-engine.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { tableNamed } from "../../lib/mapping/choose-tables.js";
import { sql } from "../../lib/mapping/sql.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import type { ValidateInputs } from "./inputs.js";
import { copyMapped, type SamplePart } from "./sample-sql.js";
import { throughSteps } from "./sample-steps.js";

export interface MapSample {
  readonly connection: EngineConnection;
  readonly inputs: ValidateInputs;
  readonly plans: TablePlans;
  /** The rows read again, of each extract. */
  readonly parts: readonly SamplePart[];
}

/** Maps the sample's rows by the same rules as transform, and writes those that have not changed since the snapshot. */
export async function mapSample(run: Run, { connection, inputs, plans, parts: read }: MapSample): Promise<void> {
  const parts = await throughSteps(run, { connection, plans, parts: read });
  const [first] = parts;
  if (first === undefined) return;
  await prepareEngine(connection, [first.plan.compiled], run);
  await loadParents(run, connection, parts);
  await firstPassOver(connection, [parts]);
  const ledger = first.plan.needsFirstPass ? await ledgerOf(run, inputs) : undefined;
  for (const part of parts) {
    await mapPart(connection, part.plan, part);
    await connection.run(copyMapped(part, part.path, ledger));
  }
}

// Only the parents the sample refers to: all keys of a large parent would not fit the memory validate may use. Which
// these are shows when the sample is mapped without looking at parents.
async function loadParents(run: Run, connection: EngineConnection, parts: readonly SamplePart[]): Promise<void> {
  const links = parts[0]?.plan.parents ?? [];
  if (links.length === 0) return;
  const wanted = links.map(() => new Set<string | null>());
  for (const part of parts) {
    const alone: MappingPlan = {
      ...part.plan,
      table: { ...part.plan.table, dedupe: undefined },
      parents: [],
      needsFirstPass: false,
    };
    await mapPart(connection, alone, part);
    for (const [index, { column }] of links.entries()) {
      const rows = await connection.rows(sql`SELECT DISTINCT ${finalValue(alone, column)} FROM mapped`);
      for (const [key = null] of rows) wanted[index]?.add(key);
    }
  }
  for (const [index, link] of links.entries()) {
    const only = [...(wanted[index] ?? [])];
    const { parent } = link.relationship;
    const manifest = await requireManifest(run.work.stageFolder("transform", parent), run.command("transform", parent));
    const folder = await verified(run, manifest, ["part", "ledger"]);
    await loadParent(connection, link, { table: tableNamed(run.migration, parent), folder, manifest, only });
  }
}

async function ledgerOf(run: Run, { transform, transformFolder }: ValidateInputs) {
  await verified(run, transform, ["ledger"]);
  return { folder: transformFolder, files: filesOf(transform, "ledger") };
}

async function verified(run: Run, manifest: Manifest, roles: readonly ("part" | "ledger")[]): Promise<string> {
  const { subject } = manifest._waybill;
  const folder = run.work.stageFolder("transform", subject);
  for (const role of roles)
    for (const file of filesOf(manifest, role))
      await verifyFile(folder, file, run.command("transform", subject, "--force"));
  return folder;
}
