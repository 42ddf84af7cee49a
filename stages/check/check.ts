import { join } from "node:path";
import { checkPatterns } from "../../lib/engine/check-patterns.js";
import { checkSql } from "../../lib/engine/check-sql.js";
import { describeQuery, makeView, type QueriedExtract } from "../../lib/engine/describe-query.js";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { sourceColumnsOf } from "../../lib/engine/source-columns.js";
import { readManifest } from "../../lib/files/manifest-file.js";
import { assertBound, planWorkDirectory, type WorkDirectory } from "../../lib/files/work-directory.js";
import type { SourceColumn } from "../../lib/mapping/compiled.js";
import type { Migration, Query, Table } from "../../lib/mapping/migration.js";
import { namedRules } from "../../lib/mapping/named-rules.js";
import { tableOf } from "../../lib/mapping/per-extract.js";
import { assertNoProblems } from "../../lib/mapping/problems.js";
import { queryExtract } from "../../lib/mapping/query.js";
import { identifier, sql } from "../../lib/mapping/sql.js";
import { columnsAfterSteps } from "../../lib/mapping/steps.js";
import { counted } from "../../lib/mapping/words.js";
import type { ExtractName } from "../../lib/model/names.js";
import { readMigration } from "../../lib/program/open-run.js";
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
      if (table.query !== undefined)
        checked.push(await checkQuery(connection, { migration, work, table }, table.query));
      for (const extract of table.query === undefined ? table.extracts : [])
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
  const manifest = await readManifest(work.stageFolder("extract", extract));
  const columns = manifest === undefined ? undefined : sourceColumnsOf(manifest);
  return await checkColumns(connection, { migration, table: tableOf(whole, extract), extract, columns });
}

// Without its extracts nobody knows what columns a query has, nor whether its SQL is right.
async function checkQuery(
  connection: EngineConnection,
  { migration, work, table }: Omit<ExtractToCheck, "extract">,
  query: Query,
): Promise<CheckedExtract> {
  const extracts: QueriedExtract[] = [];
  for (const name of query.reads) {
    const manifest = await readManifest(work.stageFolder("extract", name));
    if (manifest !== undefined) extracts.push({ name, columns: sourceColumnsOf(manifest) });
  }
  const isKnown = extracts.length === query.reads.length;
  for (const one of extracts) await makeView(connection, one, undefined);
  const extract = queryExtract(query);
  try {
    const columns = isKnown
      ? await describeQuery(connection, {
          table,
          query,
          extracts,
          declared: migration.extracts.map(({ name }) => name),
        })
      : undefined;
    return await checkColumns(connection, { migration, table: tableOf(table, extract), extract, columns });
  } finally {
    for (const { name } of extracts) await connection.run(sql`DROP VIEW ${identifier(name)}`);
  }
}

interface ColumnsToCheck extends Pick<ExtractToCheck, "migration" | "table" | "extract"> {
  readonly columns: readonly SourceColumn[] | undefined;
}

async function checkColumns(
  connection: EngineConnection,
  { migration, table, extract, columns }: ColumnsToCheck,
): Promise<CheckedExtract> {
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
