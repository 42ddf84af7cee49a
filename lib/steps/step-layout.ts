import type { Step, Table } from "../mapping/migration.js";
import { outReasonColumn, outStepColumn, replacementName, stepColumns } from "../mapping/steps.js";

/** A column by the name a step knows it by, and where it stands in a row. */
export type PlacedColumn = readonly [name: string, at: number];

/** What one step sees of a row, and where what it makes goes. */
export interface StepView {
  /** Its place among the table's steps. */
  readonly index: number;
  readonly file: string;
  readonly sees: readonly PlacedColumn[];
  readonly makes: readonly PlacedColumn[];
}

/** The columns of a prepared part: those of the extract's part, then those that steps make. Plain data, for threads. */
export interface StepLayout {
  readonly columns: readonly string[];
  readonly outStep: number;
  readonly outReason: number;
  readonly views: readonly StepView[];
}

/** Settles where everything stands; `partColumns` are those of the extract's files, of which `hidden` no step sees. */
export function layoutSteps(
  table: Pick<Table, "steps">,
  partColumns: readonly string[],
  hidden: readonly string[],
): StepLayout {
  const columns = [...partColumns, ...stepColumns(table)];
  const source = partColumns.filter((name) => !hidden.includes(name));
  return {
    columns,
    outStep: columns.indexOf(outStepColumn),
    outReason: columns.indexOf(outReasonColumn),
    views: table.steps.map((step, index) => ({
      index,
      file: step.file,
      sees: seen(columns, source, table.steps.slice(0, index)),
      makes: made(columns, step),
    })),
  };
}

function made(columns: readonly string[], { adds, replaces }: Step): readonly PlacedColumn[] {
  return [
    ...adds.map((name): PlacedColumn => [name, columns.indexOf(name)]),
    ...replaces.map((name): PlacedColumn => [name, columns.indexOf(replacementName(name))]),
  ];
}

function seen(columns: readonly string[], source: readonly string[], before: readonly Step[]): readonly PlacedColumn[] {
  const places = new Map(source.map((name): PlacedColumn => [name, columns.indexOf(name)]));
  for (const [name, at] of before.flatMap((step) => made(columns, step))) places.set(name, at);
  return [...places];
}
