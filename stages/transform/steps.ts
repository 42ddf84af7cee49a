import { join } from "node:path";
import type { PartToMap } from "../../lib/engine/map-part.js";
import type { TableInputs } from "../../lib/engine/mapping-inputs.js";
import { type PartsByTable, partsOf } from "../../lib/engine/prepare-ring.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { withCommas } from "../../lib/program/progress.js";
import { bundleSteps } from "../../lib/steps/bundle-steps.js";
import { prepareParts } from "../../lib/steps/prepare-parts.js";

/** The steps of the tables of a ring, transpiled: nothing has run yet. */
export interface ReadySteps {
  /** Runs them over the extracts' parts and gives those that the engine is to read; without steps these are the same. */
  run(folder: string): Promise<PartsByTable>;
}

/**
 * Gets the steps of tables ready, so that one that cannot be read (78), or a frame step with more rows than it may see
 * (78), is told before anything of an earlier transform is taken away.
 */
export async function readySteps(run: Run, tables: readonly TableInputs[]): Promise<ReadySteps> {
  const code = new Map<string, readonly string[]>();
  for (const { table, extract } of tables) {
    assertFrameRows(table, extract._waybill.counts.read ?? 0);
    code.set(table.name, await bundleSteps(table, run.migration.files));
  }
  return {
    run: async (folder) => {
      const parts = new Map<string, readonly PartToMap[]>();
      for (const [index, inputs] of tables.entries()) {
        const { name } = inputs.table;
        const own = join(folder, String(index));
        parts.set(name, await runSteps(run, inputs, { code: code.get(name) ?? [], folder: own }));
      }
      return parts;
    },
  };
}

async function runSteps(
  run: Run,
  inputs: TableInputs,
  { code, folder }: { readonly code: readonly string[]; readonly folder: string },
): Promise<readonly PartToMap[]> {
  const { table, extract } = inputs;
  const parts = partsOf(inputs);
  if (table.steps.length === 0) return parts;
  const progress = run.reporter.progress(`steps of ${table.name}`, extract._waybill.counts.read);
  const prepared = await prepareParts({
    migration: run.migration,
    table,
    code,
    extract,
    parts,
    folder,
    jobs: run.options.jobs,
    command: run.command("extract", extract._waybill.subject, "--force"),
    onRows: (rowCount) => progress.advance(rowCount),
  });
  progress.finish();
  return prepared;
}

function assertFrameRows({ file, from, steps }: Table, rowCount: number): void {
  for (const { rule, file: step, maxRows } of steps) {
    if (maxRows === undefined || rowCount <= maxRows) continue;
    throw new StageError(
      "specification",
      `${file}: ${rule} (${step}) is a frame step for at most ${withCommas(maxRows)} rows, and ${from} has ${withCommas(rowCount)}`,
      "make it a row step, or allow more with max_rows: a frame holds all rows in memory, some kilobytes each",
    );
  }
}
