import type { Selection } from "../../lib/databases/port.js";
import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { extractFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Extract } from "../../lib/mapping/migration.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { selectionJson } from "./extract-manifest.js";
import { withSources } from "./open-sources.js";
import type { ExtractOptions } from "./options.js";
import { chooseExtracts } from "./plan.js";
import { readExtract } from "./read-extract.js";
import { selectUnit } from "./unit-selection.js";

const everything: Selection = { kind: "all" };

/** Reads what is stale of the extracts asked for, all of a source in one snapshot, and prints the paths of their manifests. */
export async function extract(options: ExtractOptions, context: Context): Promise<void> {
  const run = await openRun(options, context);
  if (run.unit !== undefined) return await extractUnit(run, run.unit, options);
  const chosen = chooseExtracts(run.migration, options.names);
  const stale = await staleOf(run, chosen, options);
  const fresh = chosen.filter((one) => !stale.includes(one));
  for (const { name } of fresh) run.reporter.say("up-to-date", `extract ${name}: up to date`, { extract: name });
  if (options.dryRun) tellWouldRead(run, stale, "would be read");
  else if (stale.length > 0) await readAll(run, stale);
  printManifests(run, options.dryRun ? fresh : chosen);
}

function tellWouldRead(run: Run, extracts: readonly Extract[], what: string): void {
  for (const { name } of extracts) run.reporter.say("would-run", `extract ${name}: ${what}`, { extract: name });
}

function printManifests(run: Run, extracts: readonly Extract[]): void {
  for (const { name } of extracts) run.reporter.output(`${run.work.stageFolder("extract", name)}/manifest.json`);
}

// A unit is read anew each time: it is small, and somebody asks for it because the source has just changed.
async function extractUnit(run: Run, unit: Unit, options: ExtractOptions): Promise<void> {
  const extracts = run.migration.extracts.filter(({ name }) =>
    unit.tables.some((table) => table.extracts.includes(name)),
  );
  if (options.dryRun) return tellWouldRead(run, extracts, `the rows that ${unit.name} needs would be read`);
  await withSources(run, extracts, async (sourceOf) => {
    for (const { extract: one, selection } of await selectUnit(run.migration, sourceOf, unit))
      await readExtract(run, { source: sourceOf(one), extract: one, selection });
  });
  printManifests(run, extracts);
}

async function staleOf(run: Run, chosen: readonly Extract[], options: ExtractOptions): Promise<readonly Extract[]> {
  if (options.force) return chosen;
  const fresh: Extract[] = [];
  for (const one of chosen) if (await isUpToDate(run, one)) fresh.push(one);
  const stale = chosen.filter((one) => !fresh.includes(one));
  if (options.names.length > 0 || options.allowMixedSnapshots) return stale;
  for (const name of new Set(stale.map(({ source }) => source)))
    tellAllAgain(
      run,
      name,
      [stale, chosen].map((ones) => ones.filter(({ source }) => source === name).length),
    );
  return chosen.filter(({ source }) => stale.some((one) => one.source === source));
}

function tellAllAgain(run: Run, source: string | undefined, [stale, all]: readonly number[]): void {
  if (stale === all) return;
  const [of, fields] = source === undefined ? ["", {}] : [` of ${source}`, { source }];
  run.reporter.say(
    "all-again",
    `extract: ${stale} of ${all} extracts${of} are missing or stale; all are read again, so that they are of one snapshot (--allow-mixed-snapshots keeps the others)`,
    fields,
  );
}

async function isUpToDate(run: Run, one: Extract): Promise<boolean> {
  const folder = run.work.stageFolder("extract", one.name);
  const manifest = await readManifest(folder);
  if (manifest === undefined) return false;
  return (
    manifest._waybill.fingerprint === extractFingerprint(run.migration, one, selectionJson(everything)) &&
    (await filesStand(folder, manifest))
  );
}

async function readAll(run: Run, stale: readonly Extract[]): Promise<void> {
  await withSources(run, stale, async (sourceOf) => {
    for (const one of stale) await readExtract(run, { source: sourceOf(one), extract: one, selection: everything });
  });
}
