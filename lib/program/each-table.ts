import { parentsOf } from "../mapping/choose-tables.js";
import type { Table } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";
import type { Reporter } from "./reporter.js";
import { codeOf, errorText } from "./run-program.js";

export interface EachTableOptions {
  readonly keepGoing: boolean;
  readonly reporter: Reporter;
}

/**
 * Works on tables one after another, parents first. The first failure ends it; with `keepGoing` tables that do not
 * depend on a failed one go on, and the error with the highest code is thrown at the end.
 */
export async function eachTable(
  tables: readonly Table[],
  { keepGoing, reporter }: EachTableOptions,
  work: (table: Table) => Promise<void>,
): Promise<void> {
  const failed = new Map<string, unknown>();
  for (const table of tables) {
    const parent = [...parentsOf(table), ...table.ring].find((name) => failed.has(name));
    try {
      if (parent !== undefined)
        throw new StageError("missing", `${table.name}: not tried, since ${parent} failed`, `mend ${parent} first`);
      await work(table);
    } catch (error) {
      if (!keepGoing) throw error;
      failed.set(table.name, error);
      reporter.warn("table-failed", `${table.name} failed: ${errorText(error, false).trimEnd()}`, {
        table: table.name,
        code: codeOf(error),
      });
    }
  }
  const [worst] = [...failed.values()].sort((a, b) => codeOf(b) - codeOf(a));
  if (worst !== undefined) throw worst;
}
