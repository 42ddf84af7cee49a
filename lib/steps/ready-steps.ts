import { join } from "node:path";
import type { PlannedPart } from "../engine/map-part.js";
import type { MappingPlace } from "../engine/mapping-inputs.js";
import type { MappingPlan, TablePlans } from "../engine/plan-mapping.js";
import type { TableParts } from "../engine/prepare-ring.js";
import { withCommas } from "../mapping/words.js";
import { StageError } from "../model/errors.js";
import { bundleSteps } from "./bundle-steps.js";
import { prepareParts } from "./prepare-parts.js";

/** Whose steps run, and how. */
export interface StepsPlace extends Pick<MappingPlace, "migration" | "command"> {
  /** Threads that row steps may have. */
  readonly jobs: number;
  /** Begins to count the rows that pass through a table's steps; without it nobody is told. */
  progress?(table: string, totalRows: number): RowCounter;
}

interface RowCounter {
  advance(rowCount: number): void;
  finish(): void;
}

/** The steps of the tables of a ring, transpiled: nothing has run yet. */
export interface ReadySteps {
  /**
   * Runs them over parts of tables of the ring, each extract's by themselves, and gives the same parts with what the
   * steps made; where a table has none, the very parts. What is written lies in `folder`, which the caller removes.
   */
  run(tables: readonly TableParts[], folder: string): Promise<readonly TableParts[]>;
}

/**
 * Gets the steps of tables ready, so that one that cannot be read (78), or a frame step with more rows than it may see
 * (78), is told before anything of an earlier transform is taken away.
 */
export async function readySteps(place: StepsPlace, ring: readonly TablePlans[]): Promise<ReadySteps> {
  const code = new Map<string, readonly string[]>();
  for (const plans of ring) {
    for (const plan of plans) assertFrameRows(plan);
    const [{ table }] = plans;
    code.set(table.name, await bundleSteps(table, place.migration.files));
  }
  return {
    run: async (tables, folder) => {
      const prepared: TableParts[] = [];
      for (const [index, parts] of tables.entries())
        prepared.push(await prepareTable(place, parts, { code, folder: join(folder, `${index}`) }));
      return prepared;
    },
  };
}

interface Preparing {
  /** Of each table, its steps. */
  readonly code: ReadonlyMap<string, readonly string[]>;
  readonly folder: string;
}

async function prepareTable(place: StepsPlace, parts: TableParts, { code, folder }: Preparing): Promise<TableParts> {
  const prepared: PlannedPart[] = [];
  for (const [index, plan] of [...new Set(parts.map((part) => part.plan))].entries()) {
    const own = parts.filter((part) => part.plan === plan);
    prepared.push(...(await prepareExtract(place, own, { code, folder: join(folder, `${index}`) })));
  }
  return prepared;
}

async function prepareExtract(place: StepsPlace, parts: TableParts, { code, folder }: Preparing): Promise<TableParts> {
  const plan = parts[0]?.plan;
  if (plan === undefined || plan.table.steps.length === 0) return parts;
  const { table, input, extract } = plan;
  const progress = place.progress?.(
    table.name,
    parts.reduce((sum, { part }) => sum + part._rowCount, 0),
  );
  const prepared = await prepareParts({
    migration: place.migration,
    table,
    code: code.get(table.name) ?? [],
    extract: input.manifest,
    parts,
    folder,
    jobs: place.jobs,
    command: place.command("extract", extract, "--force"),
    onRows: (rowCount) => progress?.advance(rowCount),
  });
  progress?.finish();
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
