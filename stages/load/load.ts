// What holds of load:
// 1. Before the first byte goes out for any table, every byte of every part and every column was checked for all.
// 2. A table's rows and its lines in waybill.loads commit together; a crash anywhere leaves the old rows or the new.
// 3. The live target decides what is up to date, never the manifest alone.
// 4. What was dropped is restored before this program ends, whatever happened, or by the next one.
// 5. A manifest is written only when its table is whole again, by what the catalog says, foreign keys included.
// 6. A load that is refused leaves the manifest and the files of the load before as they were.
import { openTarget } from "../../lib/databases/open-target.js";
import type { Definition, Target } from "../../lib/databases/target-port.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { inStageFolders } from "../../lib/files/stage-folder.js";
import { bindRun } from "../../lib/files/work-directory.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Resource } from "../../lib/model/manifest.js";
import { assertSameMigration } from "../../lib/program/confirm.js";
import { targetUrl } from "../../lib/program/database-url.js";
import { eachTable } from "../../lib/program/each-table.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { aspectsBefore, assertAllBack } from "./all-back.js";
import { forgetOldUndo } from "./kept-files.js";
import { writeCommits } from "./load-manifest.js";
import { type LoadedTable, loadTable } from "./load-table.js";
import { loadUnit } from "./load-unit.js";
import type { LoadOptions } from "./options.js";
import {
  asidesOf,
  type ByTable,
  findPlanned,
  type Intent,
  type Planned,
  readPlans,
  settleIntents,
} from "./preflight.js";
import { rehearse } from "./rehearse.js";
import { tellRestored, tellUpToDate, tellWhyAgain } from "./tell.js";

/** Loads what the target does not hold yet of the tables asked for, and prints the paths of their manifests. */
export async function load(options: LoadOptions, context: Context): Promise<void> {
  const run = await openRun(options, context);
  const { id } = run.migration;
  const cure = `if you are sure that rows of others may go: --confirm ${id}`;
  if (options.confirm !== undefined) assertSameMigration(options.confirm, id, cure);
  const { tables } = run;
  const url = targetUrl(run);
  if (options.dryRun) return await rehearse(run, tables, { options, url });
  const planned = await readPlans(run, tables, options);
  const onRetry = (sentence: string) => run.reporter.warn("retry", sentence, {});
  const target = await openTarget(url, { application: "waybill/load", onRetry, ...options.times });
  try {
    await bindRun(run.work, { migration: id, target: target.identity.identity });
    const found = await findPlanned(target, planned, options);
    await target.lock(
      id,
      [...found].filter(([, { kind }]) => kind === "planned").map(([name]) => name),
    );
    if (run.unit !== undefined) return await loadUnit(run, target, run.unit);
    await loadAll(run, target, { tables, planned: found, options });
  } finally {
    await target.close();
  }
}

interface Work {
  readonly tables: readonly Table[];
  readonly planned: ByTable<Planned>;
  readonly options: LoadOptions;
}

type Before = Awaited<ReturnType<typeof aspectsBefore>>;

async function loadAll(run: Run, target: Target, { tables, planned, options }: Work): Promise<void> {
  const loaded: LoadedTable[] = [];
  const settle = async () => settleIntents(run, target, { planned, options });
  const intents = await settle().catch(async (error: unknown) => {
    await restoreAfterFailure(run, target, new Map());
    throw error;
  });
  const folders = [...intents]
    .filter(([, { kind }]) => kind !== "refused")
    .map(([name]) => run.work.stageFolder("load", name));
  // Those of tables that are up to date too: a run that was killed just before its end has left its locks there.
  await inStageFolders(folders, run.context.pid, async () => {
    const before = await aspectsBefore(target, intents);
    try {
      await loadTables(run, target, { tables, intents, options, loaded });
    } catch (error) {
      if (await restoreAfterFailure(run, target, before)) await publish(run, target, loaded);
      throw error;
    }
    const restored = await restoreAll(run, target, before);
    if (loaded.length === 0) tellRestored(run, restored);
    await publish(run, target, loaded);
  });
}

interface Tables extends Omit<Work, "planned"> {
  readonly intents: ByTable<Intent>;
  /** Grows by each table that is done, so that the tables before a failure keep what they have. */
  readonly loaded: LoadedTable[];
}

async function loadTables(run: Run, target: Target, { tables, intents, options, loaded }: Tables): Promise<void> {
  const { keepGoing } = options;
  const asides = asidesOf(intents);
  if ([...intents.values()].some(({ kind }) => kind === "load")) await target.ensureLedger();
  if (asides.length > 0) await target.saveAndDrop(run.migration.id, asides);
  await eachTable(tables, { keepGoing, reporter: run.reporter }, async ({ name }) => {
    const intent = intents.get(name);
    if (intent === undefined) return;
    if (intent.kind === "refused") throw intent.error;
    if (intent.kind === "up to date") {
      tellUpToDate(run, name);
      run.reporter.output(`${run.work.stageFolder("load", name)}/manifest.json`);
      return;
    }
    if (intent.kind === "load") tellWhyAgain(run, name, intent.reason);
    const others = { kept: keptBy(loaded), later: loadedAfter(name, { tables, intents }) };
    loaded.push(await loadTable(run, target, { intent, others }));
  });
}

function keptBy(loaded: readonly LoadedTable[]): ReadonlyMap<Table["name"], readonly Resource[]> {
  return new Map(loaded.map(({ plan, kept }) => [plan.table.name, kept]));
}

/** The tables that will be loaded once this one is. */
function loadedAfter(
  name: Table["name"],
  { tables, intents }: Pick<Tables, "tables" | "intents">,
): readonly Table["name"][] {
  const names = tables.map((table) => table.name);
  return names.slice(names.indexOf(name) + 1).filter((later) => intents.get(later)?.kind === "load");
}

async function restoreAll(run: Run, target: Target, before: Before): Promise<readonly Definition[]> {
  const restored = await target.restore(run.migration.id);
  await assertAllBack(target, before);
  return restored;
}

/** Whether all that was dropped stands again. The failure that led here is what the user must read, so this only warns. */
async function restoreAfterFailure(run: Run, target: Target, before: Before): Promise<boolean> {
  try {
    await restoreAll(run, target, before);
    return true;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    run.reporter.warn("not-restored", `not all is back in place: ${error.message}: ${error.hint}`);
    return false;
  }
}

async function publish(run: Run, target: Target, loaded: readonly LoadedTable[]): Promise<void> {
  for (const { plan, target: rowCount, ...done } of loaded) {
    const folder = run.work.stageFolder("load", plan.table.name);
    const structure = await target.structure?.(plan.table.name);
    const committed = { folder, rowCount, ...done, target: target.identity, structure };
    // First, since nobody looks for it any more once the manifest is there. A load that changed nothing has kept nothing:
    // then what the one before kept is still how to go one step back.
    if (done.way !== "merge" || done.kept.some(({ _role }) => _role === "undo")) await forgetOldUndo(folder, done.kept);
    await writeManifest(folder, await writeCommits(run, plan, committed));
    run.reporter.output(`${folder}/manifest.json`);
  }
}
