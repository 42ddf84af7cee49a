import { join } from "node:path";
import { checkPatterns } from "../../lib/engine/check-patterns.js";
import { checkSql } from "../../lib/engine/check-sql.js";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { sourceColumnsOf } from "../../lib/engine/source-columns.js";
import { readManifest } from "../../lib/files/manifest-file.js";
import { assertBound, planWorkDirectory, type WorkDirectory } from "../../lib/files/work-directory.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { namedRules } from "../../lib/mapping/named-rules.js";
import { tableOf } from "../../lib/mapping/per-extract.js";
import { assertNoProblems } from "../../lib/mapping/problems.js";
import { columnsAfterSteps } from "../../lib/mapping/steps.js";
import type { ExtractName } from "../../lib/model/names.js";
import { readMigration } from "../../lib/program/open-run.js";
import { counted } from "../../lib/program/progress.js";
import type { Context } from "../../lib/program/run-program.js";
import { bundleSteps } from "../../lib/steps/bundle-steps.js";
import type { CheckOptions } from "./options.js";
import { type CheckedTable, checkRules } from "./plan.js";

/** Says everything that is wrong with the specification, or that nothing is; asks no database and changes nothing. */
export async function check(options: CheckOptions, { reporter }: Context): Promise<void> {
  const migration = await readMigration(options.migration);
  const work = planWorkDirectory(options.work ?? join("work", migration.id));
  await assertBound(work, { migration: migration.id });
  const checked = await checkTables(migration, work);
  assertNoProblems(checked.flatMap(({ problems }) => problems));
  for (const { table: name, extract, unchecked } of checked) {
    if (unchecked.length === 0) continue;
    const text = `${name}: not checked, because ${extract} is not extracted yet: whether it has the columns ${unchecked.join(", ")}`;
    reporter.say("not-checked", text, { table: name, extract, columns: unchecked });
  }
  const tables = migration.tables.length;
  const rules = migration.tables.flatMap(namedRules).length;
  const limits = checked.some(({ unchecked }) => unchecked.length > 0) ? " in what could be checked" : "";
  const text = `${counted(tables, "table")}, ${counted(rules, "rule")}, nothing wrong${limits}`;
  reporter.say("checked", text, { tables, rules });
}

async function checkTables(migration: Migration, work: WorkDirectory): Promise<readonly CheckedExtract[]> {
  const engine = await openEngine({ folders: [] });
  try {
    const connection = await engine.connect();
    const checked: CheckedExtract[] = [];
    for (const table of migration.tables) {
      await bundleSteps(table, migration.files);
      for (const extract of table.extracts)
        checked.push(await checkExtract(connection, { migration, work, table, extract }));
    }
    return checked;
  } finally {
    engine.close();
  }
}

interface ExtractToCheck {
  readonly migration: Migration;
  readonly work: WorkDirectory;
  readonly table: Table;
  readonly extract: ExtractName;
}

/** What is said of a table as one of its extracts sees it. */
interface CheckedExtract extends CheckedTable {
  readonly table: string;
  readonly extract: string;
}

async function checkExtract(
  connection: EngineConnection,
  { migration, work, table: whole, extract }: ExtractToCheck,
): Promise<CheckedExtract> {
  const table = tableOf(whole, extract);
  const manifest = await readManifest(work.stageFolder("extract", extract));
  const columns = manifest === undefined ? undefined : sourceColumnsOf(manifest);
  const rules = checkRules(migration.id, table, columns);
  const names = columns && columnsAfterSteps(table, columns).map(({ name }) => name);
  const ownSql = await checkSql(connection, table, names);
  const added = table.steps.flatMap(({ adds }) => adds);
  const patterns = await checkPatterns(connection, rules.compiled.patterns);
  return {
    table: table.name,
    extract,
    problems: [...rules.problems, ...ownSql.problems, ...patterns],
    unchecked: [...new Set([...rules.unchecked, ...ownSql.assumed])].filter((name) => !added.includes(name)),
  };
}
