import { join } from "node:path";
import type { EngineConnection } from "../../lib/engine/duckdb.js";
import { loadParent } from "../../lib/engine/load-parents.js";
import { addToFirstPass, mapPart, type PartToMap, settleFirstPass } from "../../lib/engine/map-part.js";
import { finalValue, type MappingPlan, type ParentLink } from "../../lib/engine/plan-mapping.js";
import { prepareEngine } from "../../lib/engine/prepare-engine.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { sql } from "../../lib/mapping/sql.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { bundleSteps } from "../../lib/steps/bundle-steps.js";
import { prepareParts } from "../../lib/steps/prepare-parts.js";
import type { ValidateInputs } from "./inputs.js";
import { copyMapped } from "./sample-sql.js";

export interface MapSample {
  readonly connection: EngineConnection;
  readonly plan: MappingPlan;
  readonly inputs: ValidateInputs;
  readonly part: PartToMap;
  /** The plain file to write. */
  readonly path: string;
}

/** Maps the sample's rows by the same rules as transform, and writes those that have not changed since the snapshot. */
export async function mapSample(run: Run, sample: MapSample): Promise<void> {
  const { connection, plan, inputs, path } = sample;
  const part = await throughSteps(run, sample);
  await prepareEngine(connection, plan.compiled, run);
  await loadParents(run, { connection, plan, part });
  if (plan.needsFirstPass) {
    await addToFirstPass(connection, plan, part);
    await settleFirstPass(connection, [plan]);
  }
  await mapPart(connection, plan, part);
  await connection.run(copyMapped(plan, path, plan.needsFirstPass ? await ledgerOf(run, inputs) : undefined));
}

async function throughSteps(run: Run, { plan: { table }, inputs: { extract }, part }: MapSample): Promise<PartToMap> {
  const [prepared = part] = await prepareParts({
    migration: run.migration,
    table,
    code: await bundleSteps(table, run.migration.files),
    extract,
    parts: [part],
    folder: join(part.folder, "steps"),
    jobs: 1,
    command: run.command("validate", table.name),
    onRows: () => {},
  });
  return prepared;
}

// Only the parents the sample refers to: all keys of a large parent would not fit the memory validate may use. Which
// these are shows when the sample is mapped without looking at parents.
async function loadParents(
  run: Run,
  { connection, plan, part }: Pick<MapSample, "connection" | "plan" | "part">,
): Promise<void> {
  if (plan.parents.length === 0) return;
  const alone: MappingPlan = {
    ...plan,
    table: { ...plan.table, dedupe: undefined },
    parents: [],
    needsFirstPass: false,
  };
  await mapPart(connection, alone, part);
  const keys = new Map<ParentLink, readonly (string | null)[]>();
  for (const link of plan.parents) {
    const rows = await connection.rows(sql`SELECT DISTINCT ${finalValue(alone, link.column)} FROM mapped`);
    keys.set(
      link,
      rows.map(([key = null]) => key),
    );
  }
  for (const [link, only] of keys) {
    const { parent } = link.relationship;
    const manifest = await requireManifest(run.work.stageFolder("transform", parent), run.command("transform", parent));
    const folder = await verified(run, manifest, ["part", "ledger"]);
    const table = run.migration.tables.find(({ name }) => name === parent);
    if (table !== undefined) await loadParent(connection, link, { table, folder, manifest, only });
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
