import type { PartToLoad, Target } from "../../lib/databases/port.js";
import { openPart } from "../../lib/files/part-reader.js";
import { emptyStageFolder } from "../../lib/files/stage-folder.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import type { LoadResult } from "./load-manifest.js";
import type { LoadPlan } from "./plan.js";
import { tellLoaded, tellRecorded } from "./tell.js";

/** A table whose rows are in the target, its indexes back in place. */
export interface LoadedTable {
  readonly plan: LoadPlan;
  readonly result: LoadResult;
}

/**
 * Exchanges a table's rows for those of the parts, then makes it whole: indexes, sequences, statistics. With `rows`
 * "there" an earlier run has committed the very rows, and only the rest is done.
 */
export async function loadTable(
  run: Run,
  target: Target,
  {
    plan,
    rows,
    confirmed,
  }: { readonly plan: LoadPlan; readonly rows: "to load" | "there"; readonly confirmed: boolean },
): Promise<LoadedTable> {
  const startedMs = performance.now();
  const { name } = plan.table;
  await emptyStageFolder(run.work.stageFolder("load", name));
  const moved =
    rows === "to load" ? await replace(run, target, { plan, confirmed }) : { before: undefined, loaded: plan.rowCount };
  await target.rebuildIndexes(run.migration.id, name);
  await target.afterLoad(name);
  const result = { ...moved, target: await target.rowCount(name) };
  assertWhole(run, plan, result);
  if (rows === "to load") tellLoaded(run, plan, (performance.now() - startedMs) / 1000);
  else tellRecorded(run, plan);
  return { plan, result };
}

async function replace(
  run: Run,
  target: Target,
  { plan, confirmed }: { readonly plan: LoadPlan; readonly confirmed: boolean },
) {
  const { table, generation, columns, rowCount } = plan;
  const progress = run.reporter.progress(`load ${table.name}`, rowCount);
  try {
    const { before, loaded, warnings } = await target.replace({
      migration: run.migration.id,
      table: table.name,
      generation,
      columns,
      parts: partsToLoad(run, plan, progress.advance),
      confirmed,
    });
    for (const warning of warnings) run.reporter.warn("load-warning", warning, { table: table.name });
    return { before, loaded };
  } finally {
    progress.finish();
  }
}

function partsToLoad(run: Run, { table, parts }: LoadPlan, onRows: (rowCount: number) => void): readonly PartToLoad[] {
  const command = run.command("transform", table.name, "--force");
  return parts.map(({ name, folder, file }) => ({
    name,
    hash: file._contentHash,
    rowCount: file._rowCount,
    open: () => openPart(folder, file, command, { onRows }),
  }));
}

// written = loaded + quarantined, and the target holds what was loaded: to zero, or the load is not over.
function assertWhole(run: Run, { table, rowCount }: LoadPlan, { loaded, target }: LoadResult): void {
  if (loaded === rowCount && target === loaded) return;
  throw new StageError(
    "integrity",
    `${table.name}: transform wrote ${rowCount} rows, ${loaded} were loaded, and the target holds ${target}`,
    `somebody else writes to this table: stop that, then ${run.command("load", table.name, "--force")}`,
  );
}
