import { join } from "node:path";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import { readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { writeReport } from "../../lib/report/write-report.js";
import type { ReportOptions } from "./options.js";

/** Writes the page of a run from its files, and prints where it lies. */
export async function report(options: ReportOptions, { reporter }: Context): Promise<void> {
  const migration = await readMigration(options.migration);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  reporter.output(await writeReport(migration, work));
}
