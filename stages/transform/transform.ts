import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Manifest } from "../../lib/model/manifest.js";
import { eachTable } from "../../lib/program/each-table.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { readInputs, type TransformInputs } from "./inputs.js";
import type { TransformOptions } from "./options.js";
import { transformTable } from "./transform-table.js";

/** Maps what is stale of the tables asked for, parents first, and prints the paths of their manifests. */
export async function transform(options: TransformOptions, context: Context): Promise<void> {
  const run = await openRun(options, context);
  await eachTable(run.tables, { keepGoing: options.keepGoing, reporter: run.reporter }, async (table) => {
    const verdict = await settle(run, table, options);
    run.reporter.output(`${run.work.stageFolder("transform", table.name)}/manifest.json`);
    if (verdict?.code === 1) throw refusal(run, table, verdict.reasons);
  });
}

async function settle(
  run: Run,
  table: Table,
  options: TransformOptions,
): Promise<Manifest["_waybill"]["verdict"] | undefined> {
  const { reporter } = run;
  if (options.dryRun && !(await extractStands(run, table))) {
    reporter.say("would-run", `transform ${table.name}: would be mapped, once ${table.from} is extracted`, {
      table: table.name,
    });
    return undefined;
  }
  const inputs = await readInputs(run, table, options.allowMixedSnapshots);
  const standing = options.force ? undefined : await upToDate(run, table, inputs);
  if (standing !== undefined) {
    reporter.say("up-to-date", `transform ${table.name}: up to date`, { table: table.name });
    return standing._waybill.verdict;
  }
  if (!options.dryRun) return (await transformTable(run, table, inputs))._waybill.verdict;
  reporter.say("would-run", `transform ${table.name}: would be mapped`, { table: table.name });
  return undefined;
}

async function extractStands(run: Run, table: Table): Promise<boolean> {
  return (await readManifest(run.work.stageFolder("extract", table.from))) !== undefined;
}

async function upToDate(run: Run, table: Table, { inputs }: TransformInputs): Promise<Manifest | undefined> {
  const folder = run.work.stageFolder("transform", table.name);
  const manifest = await readManifest(folder);
  const fingerprint = transformFingerprint(run.migration, table, inputs);
  const stands = manifest?._waybill.fingerprint === fingerprint && (await filesStand(folder, manifest));
  return stands ? manifest : undefined;
}

function refusal(run: Run, table: Table, reasons: readonly string[]): StageError {
  return new StageError(
    "difference",
    reasons.join("; "),
    `look at them: ${run.command("inspect", table.name, "--rejects")}; then mend the data or the mapping, or raise acceptance.rejected.max_percent`,
  );
}
