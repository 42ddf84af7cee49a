import { openSource } from "../../lib/databases/open-source.js";
import type { Selection, Source } from "../../lib/databases/port.js";
import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { bindRun } from "../../lib/files/work-directory.js";
import { extractFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Extract } from "../../lib/mapping/migration.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { databaseUrl } from "../../lib/program/database-url.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { selectionJson } from "./extract-manifest.js";
import type { ExtractOptions } from "./options.js";
import { chooseExtracts } from "./plan.js";
import { readExtract } from "./read-extract.js";
import { selectUnit } from "./unit-selection.js";

const everything: Selection = { kind: "all" };

/** Reads what is stale of the extracts asked for, all in one snapshot, and prints the paths of their manifests. */
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
  const extracts = run.migration.extracts.filter(({ name }) => unit.tables.some(({ from }) => from === name));
  if (options.dryRun) return tellWouldRead(run, extracts, `the rows that ${unit.name} needs would be read`);
  await withSource(run, async (source) => {
    for (const { extract: one, selection } of await selectUnit(run.migration, source, unit))
      await readExtract(run, { source, extract: one, selection });
  });
  printManifests(run, extracts);
}

async function staleOf(run: Run, chosen: readonly Extract[], options: ExtractOptions): Promise<readonly Extract[]> {
  if (options.force) return chosen;
  const fresh: Extract[] = [];
  for (const one of chosen) if (await isUpToDate(run, one)) fresh.push(one);
  const all = options.names.length === 0;
  if (!all || options.allowMixedSnapshots || fresh.length === 0 || fresh.length === chosen.length) {
    return chosen.filter((one) => !fresh.includes(one));
  }
  run.reporter.say(
    "all-again",
    `extract: ${chosen.length - fresh.length} of ${chosen.length} extracts are missing or stale; all are read again, so that they are of one snapshot (--allow-mixed-snapshots keeps the others)`,
  );
  return chosen;
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
  await withSource(run, async (source) => {
    for (const one of stale) await readExtract(run, { source, extract: one, selection: everything });
  });
}

async function withSource(run: Run, work: (source: Source) => Promise<void>): Promise<void> {
  const { migration, options, context } = run;
  const url = databaseUrl("source", { option: options.source, migration, environment: context.environment });
  const source = await openSource(url, { application: "waybill/extract", jobs: options.jobs });
  try {
    await bindRun(run.work, { migration: migration.id, source: source.identity.identity });
    await work(source);
  } finally {
    await source.close();
  }
}
