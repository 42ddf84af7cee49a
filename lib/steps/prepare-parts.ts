import { join } from "node:path";
import type { PartToMap } from "../engine/map-part.js";
import { writeWhole } from "../files/whole-file.js";
import { makeFolder } from "../files/work-directory.js";
import type { Migration, Table } from "../mapping/migration.js";
import type { Manifest } from "../model/manifest.js";
import { addedColumns } from "../model/resource.js";
import type { StepModule } from "./load-step.js";
import { runFrameStep } from "./run-frame-step.js";
import { runRowSteps } from "./run-row-steps.js";
import { type KeyColumns, keyColumnsOf } from "./step-error.js";
import { layoutSteps, type StepLayout } from "./step-layout.js";

export interface StepsToRun {
  readonly migration: Migration;
  readonly table: Table;
  /** The table's steps as `bundleSteps` made them. */
  readonly code: readonly string[];
  /** The manifest of the extract. */
  readonly extract: Manifest;
  readonly parts: readonly PartToMap[];
  /** Where what the steps make is put; the caller removes it. */
  readonly folder: string;
  readonly jobs: number;
  /** What to type when a part turns out to be damaged. */
  readonly command: string;
  readonly onRows: (rowCount: number) => void;
}

/** One pass over all parts: row steps that follow one another, or a frame step. */
export interface Pass {
  readonly run: StepsToRun;
  readonly key: KeyColumns;
  readonly layout: StepLayout;
  /** Indexes of the steps of this pass. */
  readonly steps: readonly number[];
  readonly modules: readonly StepModule[];
  readonly parts: readonly PartToMap[];
  /** A folder of this pass's own. */
  readonly folder: string;
}

/**
 * Runs a table's steps over the parts of its extract, in bounded memory but for frames, and gives parts that hold the
 * same rows in the same order with the columns the steps made. Without steps they are the very parts. A step that
 * fails throws "specification" (78) with its name, the row's number and its key.
 */
export async function prepareParts(run: StepsToRun): Promise<readonly PartToMap[]> {
  const { table, folder, code } = run;
  let parts = run.parts;
  const columns = parts[0]?.part.schema.fields.map(({ name }) => name) ?? [];
  if (table.steps.length === 0 || parts.length === 0) return parts;
  const layout = layoutSteps(table, columns, addedColumns(run.extract));
  const key = keyColumnsOf(run.migration, run.extract);
  const modules = await writeModules(folder, code);
  for (const [number, steps] of passesOf(table).entries()) {
    const own = join(folder, `pass-${number}`);
    await makeFolder(own);
    const pass = { run, key, layout, steps, modules, parts, folder: own };
    parts = table.steps[steps[0] ?? 0]?.kind === "frame" ? await runFrameStep(pass) : await runRowSteps(pass);
  }
  return parts;
}

/** Row steps that follow one another go in one pass, a frame step goes alone. */
function passesOf({ steps }: Table): readonly (readonly number[])[] {
  const passes: number[][] = [];
  steps.forEach(({ kind }, index) => {
    const isJoined = kind === "row" && steps[index - 1]?.kind === "row";
    if (isJoined) passes.at(-1)?.push(index);
    else passes.push([index]);
  });
  return passes;
}

async function writeModules(folder: string, code: readonly string[]): Promise<readonly StepModule[]> {
  await makeFolder(folder);
  return Promise.all(
    code.map(async (text, index): Promise<StepModule> => {
      const path = join(folder, `step-${index}.mjs`);
      await writeWhole(path, text);
      return { path, code: text };
    }),
  );
}
