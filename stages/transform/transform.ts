import { readInputs, type TransformInputs, verifyInputs } from "../../lib/engine/mapping-inputs.js";
import { keyMarks } from "../../lib/engine/prepare-engine.js";
import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { parentsOf, ringOf } from "../../lib/mapping/choose-tables.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { readExtracts } from "../../lib/mapping/query.js";
import { StageError } from "../../lib/model/errors.js";
import { canonicalJson } from "../../lib/model/hash.js";
import type { Manifest, Verdict } from "../../lib/model/manifest.js";
import { eachTable } from "../../lib/program/each-table.js";
import { openRun, type Run, replayOf } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import type { TransformOptions } from "./options.js";
import { transformTable } from "./transform-table.js";

/** Maps what is stale of the tables asked for, parents first, and prints the paths of their manifests. */
export async function transform(options: TransformOptions, context: Context): Promise<void> {
  const run = await openFor(options, context);
  const settle = options.dryRun ? foretelling(run, options) : (table: Table) => settleTable(run, table, options);
  await eachTable(run.tables, { keepGoing: options.keepGoing, reporter: run.reporter }, async (table) => {
    const verdict = await settle(table);
    if (verdict !== undefined) run.reporter.output(`${run.work.stageFolder("transform", table.name)}/manifest.json`);
    if (verdict?.code === 1) throw refusal(run, table, verdict.reasons);
  });
}

async function openFor(options: TransformOptions, context: Context): Promise<Run> {
  const run = await openRun(options, context);
  const [table] = run.tables;
  return options.replay === undefined || table === undefined ? run : replayOf(run, table, options.replay);
}

async function settleTable(run: Run, table: Table, options: TransformOptions): Promise<Verdict> {
  const inputs = await readInputs(run, table, options.allowMixedSnapshots);
  const standing = options.force ? undefined : await upToDate(run, table, inputs);
  if (standing === undefined) return (await transformTable(run, table, inputs))._waybill.verdict;
  // Damage is told while the source it can be read from again is still there.
  await verifyInputs(run, inputs);
  sayUpToDate(run, table);
  return standing._waybill.verdict;
}

/** Says what would be done with one table after another; those to be mapped anew change what their children read. */
function foretelling(run: Run, options: TransformOptions): (table: Table) => Promise<Verdict | undefined> {
  const stale = new Set<string>();
  return async (table) => {
    const standing = (await blocking(run, table, stale)) ?? (await standingOf(run, table, options));
    if (typeof standing !== "string") {
      sayUpToDate(run, table);
      return standing._waybill.verdict;
    }
    stale.add(table.name);
    run.reporter.say("would-run", `transform ${table.name}: would be mapped${standing}`, { table: table.name });
    return undefined;
  };
}

async function blocking(run: Run, table: Table, stale: ReadonlySet<string>): Promise<string | undefined> {
  const ring = ringOf(run.migration, table);
  for (const extract of ring.flatMap(readExtracts)) {
    const manifest = await readManifest(run.work.stageFolder("extract", extract));
    if (manifest === undefined) return `, once ${extract} is extracted`;
  }
  const parents = ring.flatMap(parentsOf).filter((name) => stale.has(name));
  return parents.length === 0 ? undefined : `, after ${parents.join(", ")}`;
}

async function standingOf(run: Run, table: Table, options: TransformOptions): Promise<Manifest | string> {
  const inputs = await readInputs(run, table, options.allowMixedSnapshots);
  return (options.force ? undefined : await upToDate(run, table, inputs)) ?? "";
}

function sayUpToDate(run: Run, table: Table): void {
  run.reporter.say("up-to-date", `transform ${table.name}: up to date`, { table: table.name });
}

async function upToDate(run: Run, table: Table, { inputs }: TransformInputs): Promise<Manifest | undefined> {
  const folder = run.work.stageFolder("transform", table.name);
  const manifest = await readManifest(folder);
  const fingerprint = transformFingerprint(run.migration, table, inputs);
  const stands =
    manifest?._waybill.fingerprint === fingerprint &&
    canonicalJson(manifest._waybill.details.keyMarks ?? {}) ===
      canonicalJson(keyMarks(run.context.environment, table)) &&
    (await filesStand(folder, manifest));
  return stands ? manifest : undefined;
}

function refusal(run: Run, table: Table, reasons: readonly string[]): StageError {
  return new StageError(
    "difference",
    reasons.join("; "),
    `look at them: ${run.command("inspect", table.name, "--rejects")}; then mend the data or the mapping, or raise acceptance.rejected.max_percent`,
  );
}
