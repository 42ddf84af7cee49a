import type { LoadCounts, LoadWay, PartToLoad, Target } from "../../lib/databases/target-port.js";
import { openPart } from "../../lib/files/part-reader.js";
import { StageError } from "../../lib/model/errors.js";
import type { Resource } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { keptFilesIn, rejectsKeptBefore, undoKeptBefore } from "./kept-files.js";
import type { LoadPlan } from "./plan.js";
import type { Intent } from "./preflight.js";
import { type Others, rejectSettings } from "./quarantine.js";
import { tellLoaded, tellRecorded } from "./tell.js";

/** A table whose rows are in the target, its indexes back in place. */
export interface LoadedTable {
  readonly plan: LoadPlan;
  readonly way: LoadWay;
  readonly counts: LoadCounts;
  /** Rows in the target now. */
  readonly target: number;
  /** What was kept beside the manifest. */
  readonly kept: readonly Resource[];
}

type ToDo = Intent & { readonly kind: "load" | "record" };

/**
 * Brings a table's rows into the target, then makes it whole: indexes, sequences, statistics. Where an earlier run has
 * committed the very rows, only the rest is done.
 */
export async function loadTable(
  run: Run,
  target: Target,
  { intent, others }: { readonly intent: ToDo; readonly others: OtherTables },
): Promise<LoadedTable> {
  const startedMs = performance.now();
  const { plan } = intent;
  const { name } = plan.table;
  const done =
    intent.kind === "load"
      ? await loadRows(run, target, { intent, others })
      : { ...intent.generation, kept: await keptThen(run, target, intent) };
  await target.rebuildIndexes(run.migration.id, name);
  const { way, counts, kept } = done;
  // A swap has refreshed the statistics of the new table before it took the old one's place.
  await target.afterLoad(name, way === "swap" ? 0 : counts.inserted + counts.updated);
  // A merge has just counted them, with nobody else writing: a table that is many times what was loaded takes its time.
  const isCounted = intent.kind === "load" && way === "merge";
  const loaded = { plan, way, counts, kept, target: isCounted ? counts.after : await target.rowCount(name) };
  assertWhole(run, loaded);
  if (intent.kind === "load") {
    // A load that had committed before its answer was lost came in another way, if the table has changed since.
    const chosen = way === intent.chosen.way ? intent.chosen : { way, because: undefined };
    tellLoaded(run, plan, { counts, chosen, seconds: (performance.now() - startedMs) / 1000 });
  } else tellRecorded(run, plan);
  return loaded;
}

/** What the run that committed a table's rows kept, and could not list any more. */
async function keptThen(
  run: Run,
  target: Target,
  { plan, generation }: ToDo & { readonly kind: "record" },
): Promise<readonly Resource[]> {
  const { name } = plan.table;
  const folder = run.work.stageFolder("load", name);
  const { counts, undo } = generation;
  const rejects = counts.quarantined === 0 ? [] : [await rejectsKeptBefore(folder, counts.quarantined)];
  if (undo?.kind !== "images") return rejects;
  try {
    const types = new Map((await target.describe(name)).columns.map((column) => [column.name, column.type]));
    return [...rejects, await undoKeptBefore(folder, undo, types)];
  } catch (error) {
    // The rows are where they belong all the same.
    if (!(error instanceof StageError) || !["missing", "integrity"].includes(error.kind)) throw error;
    run.reporter.warn("undo-lost", `load ${name}: ${error.message}: this load cannot be taken back`, { table: name });
    return rejects;
  }
}

/** Of the other tables of the run, what a load must know. */
type OtherTables = Omit<Others, "foreignKeys">;

interface Loading {
  readonly intent: Intent & { readonly kind: "load" };
  readonly others: OtherTables;
}

async function loadRows(run: Run, target: Target, { intent, others }: Loading) {
  const { plan, check, chosen, foreignKeys } = intent;
  const { table, generation, rowCount } = plan;
  const folder = run.work.stageFolder("load", table.name);
  const files = keptFilesIn(folder);
  const progress = run.reporter.progress(`load ${table.name}`, rowCount);
  try {
    const { way, counts, warnings } = await target.load({
      ...check,
      way: chosen.way,
      generation,
      parts: partsToLoad(run, plan, progress.advance),
      jobs: run.options.jobs,
      rejects: await rejectSettings(run, target, { plan, others: { ...others, foreignKeys } }),
      keep: files.keep,
      beforeCommit: files.takeTheirPlace,
    });
    // A load that found nothing to change has not asked for it.
    await files.takeTheirPlace();
    for (const warning of warnings) run.reporter.warn("load-warning", warning, { table: table.name });
    return { way, counts, kept: files.resources() };
  } finally {
    progress.finish();
  }
}

function partsToLoad(run: Run, { table, parts }: LoadPlan, onRows: (rowCount: number) => void): readonly PartToLoad[] {
  const command = run.command("transform", table.name, "--force");
  return parts.map(({ name, folder, file }) => {
    let counted = 0;
    const open = () => {
      // Opened once more, its rows arrive once more, and count once.
      onRows(-counted);
      counted = 0;
      const count = (rowCount: number) => {
        counted += rowCount;
        onRows(rowCount);
      };
      return openPart(folder, file, command, { onRows: count });
    };
    return { name, hash: file._contentHash, rowCount: file._rowCount, open };
  });
}

// written = loaded + quarantined, and the target holds what was loaded: to zero, or the load is not over.
function assertWhole(run: Run, { plan: { table, rowCount }, counts, target }: LoadedTable): void {
  const { inserted, updated, unchanged, quarantined, after } = counts;
  const accounted = inserted + updated + unchanged + quarantined;
  const whole = table.load.mode === "replace" ? target === after : target >= after;
  if (accounted === rowCount && whole) return;
  throw new StageError(
    "integrity",
    `${table.name}: transform wrote ${rowCount} rows, ${accounted} are accounted for, and the target holds ${target} (${after} when they were committed)`,
    `somebody else writes to this table: stop that, then ${run.command("load", table.name, "--force")}`,
  );
}
