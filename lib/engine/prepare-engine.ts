import type { CompiledTable, SpecificationFile } from "../mapping/migration.js";
import type { EngineConnection } from "./duckdb.js";
import { loadLookups } from "./load-lookups.js";

/** Makes ready what a table's SQL names beside the rows: its lookup files and its functions. */
export async function prepareEngine(
  connection: EngineConnection,
  { lookups, functions }: CompiledTable,
  files: readonly SpecificationFile[],
): Promise<void> {
  await loadLookups(connection, lookups, files);
  for (const fn of functions) await connection.register(fn);
}
