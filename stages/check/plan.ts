import { tryCompileTable } from "../../lib/mapping/compile-table.js";
import type { CompiledTable, SourceColumn } from "../../lib/mapping/compiled.js";
import type { Table } from "../../lib/mapping/migration.js";
import type { Problem } from "../../lib/mapping/problems.js";

/** What is wrong with a table, and the names that nobody can check before its extract is there. */
export interface CheckedTable {
  readonly problems: readonly Problem[];
  readonly unchecked: readonly string[];
}

/** The same, and what the table was compiled to, for the engine to look at. */
export interface CheckedRules extends CheckedTable {
  readonly compiled: CompiledTable;
}

/** Compiles a table against the columns of its extract; without them, every name it takes for one is unchecked. */
export function checkRules(
  migrationId: string,
  table: Table,
  sourceColumns: readonly SourceColumn[] | undefined,
): CheckedRules {
  const { compiled, problems } = tryCompileTable(migrationId, table, sourceColumns ?? []);
  if (sourceColumns !== undefined) return { compiled, problems, unchecked: [] };
  return {
    compiled,
    problems: problems.filter(({ sourceColumn }) => sourceColumn === undefined),
    unchecked: problems.flatMap(({ sourceColumn }) => sourceColumn ?? []),
  };
}
