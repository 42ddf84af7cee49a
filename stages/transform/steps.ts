import { join } from "node:path";
import { extractParts, type PlannedPart } from "../../lib/engine/map-part.js";
import type { MappingPlan, TablePlans } from "../../lib/engine/plan-mapping.js";
import { numbered, type TableParts } from "../../lib/engine/prepare-ring.js";
import { tableOf } from "../../lib/mapping/per-extract.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { withCommas } from "../../lib/program/progress.js";
import { bundleSteps } from "../../lib/steps/bundle-steps.js";
import { prepareParts } from "../../lib/steps/prepare-parts.js";

/** The steps of the tables of a ring, transpiled: nothing has run yet. */
export interface ReadySteps {
  /** Runs them over the extracts' parts; of each table of the ring, the parts that the engine is to read. */
  run(folder: string): Promise<readonly TableParts[]>;
}

/**
 * Gets the steps of tables ready, so that one that cannot be read (78), or a frame step with more rows than it may see
 * (78), is told before anything of an earlier transform is taken away.
 */
export async function readySteps(run: Run, ring: readonly TablePlans[]): Promise<ReadySteps> {
  const tables: { readonly plans: TablePlans; readonly code: readonly string[] }[] = [];
  for (const plans of ring) {
    for (const plan of plans) assertFrameRows(plan);
    tables.push({ plans, code: await bundleSteps(plans[0].table, run.migration.files) });
  }
  return {
    run: async (folder) => {
      const prepared: TableParts[] = [];
      for (const [index, { plans, code }] of tables.entries()) {
        const parts: PlannedPart[] = [];
        for (const plan of plans)
          parts.push(...(await runSteps(run, plan, { code, folder: join(folder, `${index}-${plans.indexOf(plan)}`) })));
        prepared.push(numbered(parts));
      }
      return prepared;
    },
  };
}

async function runSteps(
  run: Run,
  plan: MappingPlan,
  { code, folder }: { readonly code: readonly string[]; readonly folder: string },
): Promise<readonly PlannedPart[]> {
  const parts = extractParts(plan);
  const table = tableOf(plan.table, plan.extract);
  if (table.steps.length === 0) return parts;
  const extract = plan.input.manifest;
  const progress = run.reporter.progress(`steps of ${table.name}`, extract._waybill.counts.read);
  const prepared = await prepareParts({
    migration: run.migration,
    table,
    code,
    extract,
    parts,
    folder,
    jobs: run.options.jobs,
    command: run.command("extract", plan.extract, "--force"),
    onRows: (rowCount) => progress.advance(rowCount),
  });
  progress.finish();
  return prepared.map((part) => ({ ...part, plan }));
}

function assertFrameRows({ table: { file, steps }, extract, input }: MappingPlan): void {
  const rowCount = input.manifest._waybill.counts.read ?? 0;
  for (const { rule, file: step, maxRows } of steps) {
    if (maxRows === undefined || rowCount <= maxRows) continue;
    throw new StageError(
      "specification",
      `${file}: ${rule} (${step}) is a frame step for at most ${withCommas(maxRows)} rows, and ${extract} has ${withCommas(rowCount)}`,
      "make it a row step, or allow more with max_rows: a frame holds all rows in memory, some kilobytes each",
    );
  }
}
