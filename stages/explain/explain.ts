import { join } from "node:path";
import type { ExtractInput } from "../../lib/engine/plan-mapping.js";
import { readManifest, requireManifest } from "../../lib/files/manifest-file.js";
import { assertBound, planWorkDirectory } from "../../lib/files/work-directory.js";
import { chooseTables } from "../../lib/mapping/choose-tables.js";
import { describeTable } from "../../lib/mapping/describe-table.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { listed } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { storyLines } from "../../lib/story/story-lines.js";
import { explainRows } from "./explain-rows.js";
import { mappingSql } from "./mapping-sql.js";
import type { ExplainOptions } from "./options.js";

/** Says what the mapping of a table does, in words and in SQL; reads files only, and changes nothing. */
export async function explain(options: ExplainOptions, context: Context): Promise<void> {
  const { reporter } = context;
  const migration = await readMigration(options.migration);
  const [table] = chooseTables(migration, [options.table]);
  if (table === undefined) throw new Error(`no table ${options.table}`);
  if (options.key !== undefined) {
    assertOfExtracts(table);
    const stories = await explainRows(options, context, { migration, table, key: options.key });
    const lines = stories.flatMap((story) => (options.json ? [JSON.stringify(story)] : ["", ...storyLines(story)]));
    for (const line of options.json ? lines : lines.slice(1)) reporter.output(line);
    return;
  }
  const words = options.shows === "sql" ? [] : describeTable(table);
  const sql = options.shows === "words" ? [] : await sqlOf(options, migration, table);
  if (options.json) reporter.output(JSON.stringify({ table: table.name, words, sql: sql?.join("\n") ?? null }));
  else {
    const apart = words.length > 0 && sql !== undefined && sql.length > 0 ? [""] : [];
    for (const line of [...words, ...apart, ...(sql ?? [])]) reporter.output(line);
  }
  if (sql === undefined)
    reporter.say(
      "no-sql",
      `the SQL can be shown once ${listed(table.extracts)} ${table.extracts.length === 1 ? "is" : "are"} extracted`,
      {
        table: table.name,
      },
    );
}

// Which rows the query made of those with a key only the query could say, run again over all rows.
function assertOfExtracts({ name, query }: Table): void {
  if (query === undefined) return;
  const what = `${name}: its rows cannot be told step by step, because a query makes them of all rows of ${listed(query.reads)}`;
  throw new StageError("usage", what, `look at its ledger: waybill inspect ${name} --ledger`);
}

/** The SQL, or undefined where the extract is not there and the words say enough. 66 when only the SQL was asked for. */
async function sqlOf(
  options: ExplainOptions,
  migration: Migration,
  table: Table,
): Promise<readonly string[] | undefined> {
  const work = planWorkDirectory(options.work ?? join("work", migration.id));
  await assertBound(work, { migration: migration.id });
  const extracts: ExtractInput[] = [];
  if (table.query !== undefined)
    return [`-- the query whose result ${table.name} is mapped from`, ...table.query.sql.split("\n")];
  for (const name of table.extracts) {
    const folder = work.stageFolder("extract", name);
    const manifest =
      options.shows === "sql"
        ? await requireManifest(folder, commandLine(options, ["extract", name]))
        : await readManifest(folder);
    if (manifest === undefined) return undefined;
    extracts.push({ folder, manifest });
  }
  return mappingSql(migration, table, extracts);
}
