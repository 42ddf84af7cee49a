// What holds of rollback:
// 1. All tables go back in one transaction of the target, or none does; the target's ledger decides, never a file.
// 2. One step back: a load that was taken back already stays so, however often this runs.
// 3. Rows that others changed since are named, or saved, before anything goes.
// 4. The number and the checksum of the rows that came back are those of the rows that were kept, or nothing has changed.
import { openRollback } from "../../lib/databases/open-rollback.js";
import type { Images, RollbackTarget } from "../../lib/databases/rollback-port.js";
import { openKeptFile } from "../../lib/files/kept-file.js";
import { removeManifest, writeManifest } from "../../lib/files/manifest-file.js";
import { inStageFolders } from "../../lib/files/stage-folder.js";
import { assertBound, bindRun } from "../../lib/files/work-directory.js";
import { targetUrl } from "../../lib/program/database-url.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { assertConfirmed, type RollbackOptions } from "./options.js";
import { type Asked, changesText, type Undoable, undoables, wouldDo } from "./plan.js";
import { rollbackManifest, type TakenBackLoad } from "./rollback-manifest.js";
import { savingTo } from "./saved-changes.js";
import { tellNothing, tellTakenBack } from "./tell.js";

/** Takes the latest loads of the tables asked for back, and prints the paths of the manifests that say so. */
export async function rollback(options: RollbackOptions, context: Context): Promise<void> {
  const run = await openRun(options, context);
  const { id } = run.migration;
  assertConfirmed(options, id);
  const target = await openRollback(targetUrl(run), { application: "waybill/rollback", readOnly: options.dryRun });
  try {
    const binding = { migration: id, target: target.identity.identity };
    if (options.dryRun) {
      await assertBound(run.work, binding);
      return await rehearse(run, target);
    }
    await bindRun(run.work, binding);
    const names = run.tables.map(({ name }) => name);
    await target.lock(id, names);
    const folders = (["load", "rollback"] as const).flatMap((stage) =>
      names.map((name) => run.work.stageFolder(stage, name)),
    );
    await inStageFolders(folders, context.pid, () => takeBackAll(run, target, options));
  } finally {
    await target.close();
  }
}

async function takeBackAll(run: Run, target: RollbackTarget, options: RollbackOptions): Promise<void> {
  const all = await askLedger(run, target);
  const going = undoables(all);
  const taken = going.length === 0 ? [] : await takeBack(run, target, { going, options });
  for (const one of taken) tellTakenBack(run, one);
  for (const { table, last } of all) if (last.kind !== "there") tellNothing(run, table, last);
  for (const one of [...taken, ...takenBackBefore(all)]) await publish(run, target, one);
  // What an interrupted load left aside would stay away, now that its rows are gone.
  await target.restore(run.migration.id);
  await target.afterTakingBack(going.map(({ table }) => table.name));
}

// What an earlier run could not say any more is said now.
function takenBackBefore(all: readonly Asked[]): readonly TakenBackLoad[] {
  return all.flatMap(({ table, last }) =>
    last.kind === "taken back" ? [{ table, generation: last.generation, outcome: last.outcome }] : [],
  );
}

async function askLedger(run: Run, target: RollbackTarget): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for (const table of run.tables) {
    const last = await target.lastLoad({ migration: run.migration.id, table: table.name, unit: run.unit?.name });
    all.push({ table, last, key: table.key ?? (await target.primaryKey(table.name)) });
  }
  return all;
}

interface Going {
  readonly going: readonly Undoable[];
  readonly options: RollbackOptions;
}

async function takeBack(
  run: Run,
  target: RollbackTarget,
  { going, options }: Going,
): Promise<readonly TakenBackLoad[]> {
  const requests = [];
  for (const asked of going) {
    const { table, last, key } = asked;
    const named = {
      migration: run.migration.id,
      table: table.name,
      unit: run.unit?.name,
      generation: last.generation.name,
    };
    const tell = (text: string) => run.reporter.warn("changes-saved", text, { table: table.name });
    const folder = run.work.stageFolder("rollback", table.name);
    const onChanges = savingTo(folder, asked, { save: options.saveChanges, tell });
    requests.push({ ...named, key, images: await imagesOf(run, asked), onChanges });
  }
  const outcomes = await target.takeBack(requests);
  return going.flatMap(({ table, last }, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ table, generation: last.generation, outcome }];
  });
}

async function imagesOf(run: Run, { table, undo }: Undoable): Promise<Images | undefined> {
  if (undo.kind !== "images") return undefined;
  const hint = "restore it from a backup of the work directory: without it this load cannot be taken back";
  const { columns, open } = await openKeptFile(run.work.stageFolder("load", table.name), undo, hint);
  return { columns, open, rowCount: undo.rows };
}

// The load has not finished any more, so its manifest goes first.
async function publish(run: Run, target: RollbackTarget, taken: TakenBackLoad): Promise<void> {
  const folder = run.work.stageFolder("rollback", taken.table.name);
  await removeManifest(run.work.stageFolder("load", taken.table.name));
  await writeManifest(folder, await rollbackManifest(run, taken, target.identity));
  run.reporter.output(`${folder}/manifest.json`);
}

/** Says what would be done, on a connection that cannot write. */
async function rehearse(run: Run, target: RollbackTarget): Promise<void> {
  const all = await askLedger(run, target);
  for (const asked of undoables(all)) {
    const { table, key } = asked;
    await imagesOf(run, asked);
    run.reporter.say("would-run", `rollback ${table.name}: ${wouldDo(asked)}`, { table: table.name });
    const of = { migration: run.migration.id, table: table.name, unit: run.unit?.name };
    const changes = await target.changesSince(of, key);
    if (changes !== undefined && changes.written + changes.gone > 0)
      run.reporter.warn("would-fail", `${changesText(asked, changes)}: without --save-changes it would be refused`, {
        table: table.name,
      });
  }
  for (const { table, last } of all) if (last.kind !== "there") tellNothing(run, table, last);
}
