import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Manifest } from "../../lib/model/manifest.js";
import { lineageColumns } from "../../lib/model/resource.js";

/**
 * Refuses (64) a table of which a few rows cannot be mapped apart from the others: the outcome might not be the one they
 * would have had among all.
 */
export function assertReplayable(table: Table, extracts: readonly Manifest[]): void {
  const obstacle = obstacleOf(table, extracts);
  if (obstacle === undefined) return;
  throw new StageError(
    "usage",
    `rejects of ${table.name} cannot be replayed: ${obstacle}`,
    "mend the rows in the source and extract it again, or mend the mapping",
  );
}

function obstacleOf(table: Table, extracts: readonly Manifest[]): string | undefined {
  const { name, ring, relationships, dedupe, columns } = table;
  if (ring.length > 1) return `it is settled together with ${ring.filter((other) => other !== name).join(", ")}`;
  if (relationships.some(({ parent }) => parent === name)) return "it refers to itself";
  if (table.query !== undefined) return "it is made by a query, which sees all rows of its extracts";
  const frame = table.steps.find(({ kind }) => kind === "frame");
  if (frame !== undefined) return `its step ${frame.file} has to see all rows`;
  const target = columns === "all" ? undefined : columns.map((column): string => column.name);
  const by = dedupe?.by.find((column) => target !== undefined && !target.includes(column));
  if (by !== undefined) return `its dedupe goes by ${by}, which rows that are written do not have`;
  const own = extracts.flatMap(({ resources }) => resources[0]?.schema.fields ?? []).map((field) => field.name);
  const taken = [...lineageColumns, "_extract", "_rule", "_reason"].find((column) => own.includes(column));
  return taken === undefined ? undefined : `its source has a column ${taken} of its own`;
}
