import { ruleName } from "../model/names.js";
import type { SourceColumn } from "./compiled.js";
import type { Step, Table } from "./migration.js";
import type { ParsedStep } from "./step-schema.js";

// A step leaves the source's columns as they are: what it makes of a row stands beside them, so that row checksums,
// rejects and the lineage are those of the source.

/** Names the step (by its index) that kept a row out; NULL where none did. */
export const outStepColumn = "~step";
/** Why it did, if it said so. */
export const outReasonColumn = "~step_reason";

/** Rows a frame step may see at once, where nothing else is said. */
const defaultFrameRows = 100_000;
/** Seconds a frame step may take, and a row step for one batch of rows. */
const defaultSeconds = { row: 60, frame: 600 } as const;

/** The steps of a table's file, settled. */
export function settleSteps(parsed: readonly ParsedStep[]): readonly Step[] {
  return parsed.map(({ row, frame, adds = [], replaces = [], max_rows, max_seconds, because }, index): Step => {
    const kind = frame === undefined ? "row" : "frame";
    return {
      rule: ruleName(`steps[${index}]`),
      kind,
      file: frame ?? row ?? "",
      adds,
      replaces,
      maxRows: kind === "frame" ? (max_rows ?? defaultFrameRows) : undefined,
      maxSeconds: max_seconds ?? defaultSeconds[kind],
      because,
    };
  });
}

/** The columns of the source that a step's own values stand in for. */
export function replacedColumns({ steps }: Pick<Table, "steps">): readonly string[] {
  return [...new Set(steps.flatMap(({ replaces }) => replaces))];
}

/** Where a step's value for a column of the source stands. */
export function replacementName(column: string): string {
  return `~step.${column}`;
}

/** What stands behind the source's own columns once the steps have run; nothing without steps. */
export function stepColumns(table: Pick<Table, "steps">): readonly string[] {
  if (table.steps.length === 0) return [];
  const added = table.steps.flatMap(({ adds }) => adds);
  return [...added, ...replacedColumns(table).map(replacementName), outStepColumn, outReasonColumn];
}

/** The columns the mapping sees: the source's, those replaced as text, and those that steps add. */
export function columnsAfterSteps(table: Table, sourceColumns: readonly SourceColumn[]): readonly SourceColumn[] {
  const text = (name: string): SourceColumn => ({ name, type: "string", databaseType: "text" });
  const replaced = replacedColumns(table);
  return [
    ...sourceColumns.map((column) => (replaced.includes(column.name) ? text(column.name) : column)),
    ...table.steps.flatMap(({ adds }) => adds.map(text)),
  ];
}
