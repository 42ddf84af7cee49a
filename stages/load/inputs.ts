import { readManifest, requireManifest } from "../../lib/files/manifest-file.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Input, Manifest, Stage } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { standingReplays } from "../../lib/program/standing-replays.js";
import { type LoadPlan, planTable } from "./plan.js";

/**
 * What is to be loaded into a table. 66 where it was not transformed yet, 65 where what it was made from has changed
 * since, 1 where transform said no.
 */
export async function readPlan(run: Run, table: Table): Promise<LoadPlan> {
  const command = run.command("transform", table.name);
  const folder = run.work.stageFolder("transform", table.name);
  const transform = await requireManifest(folder, command);
  for (const input of transform._waybill.inputs) await assertCurrent(run, table, input);
  if (transform._waybill.fingerprint !== transformFingerprint(run.migration, table, transform._waybill.inputs)) {
    throw new StageError(
      "integrity",
      `${table.name}: its mapping has changed since it was transformed`,
      `run it again: ${command}`,
    );
  }
  assertAccepted(run, table, transform);
  const replays = await standingReplays(run, table, { base: transform });
  return planTable(run.migration, table, { folder, transform, replays });
}

// A chain is as good as its links: what the transform read must still be what lies there.
async function assertCurrent(run: Run, table: Table, input: Input): Promise<void> {
  const again = `run it again: ${run.command("transform", table.name)}`;
  const step = stepOf(run, input.path);
  if (step === undefined) {
    throw new StageError(
      "integrity",
      `${table.name} was made from ${input.path}, which is no part of the migration any more`,
      again,
    );
  }
  const { stage, subject } = step;
  const manifest = await readManifest(run.work.stageFolder(stage, subject));
  if (manifest === undefined) {
    const hint = `run it first: ${run.command(stage, subject)}`;
    throw new StageError("missing", `${table.name} was made from ${input.path}, which is not there any more`, hint);
  }
  const { outputHash } = manifest._waybill;
  if (outputHash === input.outputHash) return;
  throw new StageError(
    "integrity",
    `${table.name} is stale: it was made from ${input.path} when its output was ${input.outputHash}, now it is ${outputHash}`,
    again,
  );
}

function stepOf(run: Run, path: string): { readonly stage: Stage; readonly subject: string } | undefined {
  const { extracts, tables } = run.migration;
  const steps = [
    ...extracts.map(({ name }) => ({ stage: "extract", subject: name }) as const),
    ...tables.map(({ name }) => ({ stage: "transform", subject: name }) as const),
  ];
  return steps.find(({ stage, subject }) => run.work.manifestName(stage, subject) === path);
}

function assertAccepted(run: Run, table: Table, { _waybill: { verdict } }: Manifest): void {
  if (verdict.code === 0) return;
  throw new StageError(
    "difference",
    `${table.name} is not loaded: transform said no (${verdict.reasons.join("; ")})`,
    `look at the rejects: ${run.command("inspect", table.name, "--rejects")}`,
  );
}
