import { openTarget } from "../../lib/databases/open-target.js";
import { chooseTables } from "../../lib/mapping/choose-tables.js";
import { targetFile } from "../../lib/mapping/target-types.js";
import { targetUrl } from "../../lib/program/database-url.js";
import { readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import type { SchemaOptions } from "./options.js";
import { type DescribedTable, targetLines } from "./plan.js";

/** Prints what the target's columns hold, table by table, on a connection that cannot write. */
export async function schema(options: SchemaOptions, context: Context): Promise<void> {
  // The file of before may be the one that is wrong, or empty: the shell empties it for our output.
  const migration = await readMigration(options.migration, [targetFile]);
  const names = chooseTables(migration, options.names).map(({ name }) => name);
  const url = targetUrl({ migration, options, context });
  const target = await openTarget(url, { application: "waybill/schema", readOnly: true });
  try {
    const tables: DescribedTable[] = [];
    for (const name of names) tables.push({ name, columns: (await target.describe(name)).columns });
    for (const line of targetLines(tables)) context.reporter.output(line);
  } finally {
    await target.close();
  }
}
