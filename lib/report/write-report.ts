import { join } from "node:path";
import { writeWhole } from "../files/whole-file.js";
import { makeFolder, type WorkDirectory } from "../files/work-directory.js";
import type { Migration } from "../mapping/migration.js";
import { gatherFacts } from "./gather-facts.js";
import { pageOf } from "./page/page.js";

/** Writes validate/report.html of a run, whole or not at all, and says where it lies. Equal files make equal bytes. */
export async function writeReport(migration: Migration, work: WorkDirectory): Promise<string> {
  const folder = join(work.run, "validate");
  const path = join(folder, "report.html");
  const page = pageOf(await gatherFacts(migration, work));
  await makeFolder(folder);
  await writeWhole(path, page);
  return path;
}
