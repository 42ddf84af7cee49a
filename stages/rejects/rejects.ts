import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { writePlainRows } from "../../lib/files/plain-rows.js";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import { chooseTables } from "../../lib/mapping/choose-tables.js";
import { counted } from "../../lib/mapping/words.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";
import { groupRejects } from "../../lib/model/reject-groups.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Reporter } from "../../lib/program/reporter.js";
import { rowLines } from "../../lib/program/row-lines.js";
import type { Context } from "../../lib/program/run-program.js";
import { groupJson, groupLines } from "./groups.js";
import type { Action, RejectsOptions } from "./options.js";
import { discard, replay } from "./replay.js";

type Showable = Extract<Action, { readonly kind: "group" | "list" | "export" }>;

/** Says what transform rejected of a table: grouped, row by row, or as a file to be corrected; or takes the corrected file in. */
export async function rejects(options: RejectsOptions, context: Context): Promise<void> {
  const { action } = options;
  if (action.kind === "replay") return await replay(options, context, action.file);
  if (action.kind === "discard") return await discard(options, context, action.name);
  await show(options, action, context.reporter);
}

async function show(options: RejectsOptions, action: Showable, reporter: Reporter): Promise<void> {
  const found = await findRejects(options);
  const { table } = options;
  if (found.rowCount === 0 && action.kind !== "export")
    return reporter.say("no-rejects", `rejects ${table}: transform rejected no row`, { table });
  switch (action.kind) {
    case "group":
      return await showGroups(reporter, options, found);
    case "list":
      return await showRows(reporter, { table, action, found });
    case "export":
      return await exportRows(reporter, { table, action, found });
    default:
      action satisfies never;
  }
}

/** The rejects of one table, proved by their manifest. */
interface Found {
  readonly path: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  readonly transform: Manifest;
}

async function findRejects(options: RejectsOptions): Promise<Found> {
  const migration = await readMigration(options.migration);
  const [table] = chooseTables(migration, [options.table]);
  if (table === undefined) throw new Error(`no table ${options.table}`);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const folder = work.stageFolder("transform", table.name);
  const transform = await requireManifest(folder, commandLine(options, ["transform", table.name]));
  const [file] = filesOf(transform, "rejects");
  if (file === undefined) throw new Error(`the transform of ${table.name} has no rejects file`);
  await verifyFile(folder, file, commandLine(options, ["transform", table.name, "--force"]));
  const columns = file.schema.fields.map(({ name }) => name);
  return { path: join(folder, file.path), columns, rowCount: file._rowCount, transform };
}

async function showGroups(reporter: Reporter, { json }: RejectsOptions, found: Found): Promise<void> {
  const { transform, path, columns } = found;
  const rules = (transform._waybill.details.rules ?? []) as readonly Readonly<Record<string, unknown>>[];
  const groups = await groupRejects(readBody(path), columns, rules);
  for (const line of json ? groups.map(groupJson) : groupLines(groups)) if (!reporter.output(line)) return;
}

interface Showing<Kind extends Showable["kind"]> {
  readonly table: string;
  readonly action: Extract<Action, { readonly kind: Kind }>;
  readonly found: Found;
}

async function showRows(reporter: Reporter, { table, action, found }: Showing<"list">): Promise<void> {
  const { limit, format } = action;
  for await (const line of rowLines(format, found.columns, first(limit, readBody(found.path))))
    if (!reporter.output(line)) return;
  const more = found.rowCount - limit;
  if (more > 0)
    reporter.say("more-rejects", `rejects ${table}: ${counted(more, "more row")}; --limit 0 shows all`, {
      table,
      rows: more,
    });
}

async function* first(limit: number, rows: AsyncIterable<readonly CsvValue[]>): AsyncGenerator<readonly CsvValue[]> {
  let left = limit;
  for await (const row of rows) {
    yield row;
    left -= 1;
    if (left === 0) return;
  }
}

async function exportRows(reporter: Reporter, { table, action, found }: Showing<"export">): Promise<void> {
  const { file, replaces } = action;
  await writePlainRows(file, { columns: found.columns, rows: readBody(found.path), replaces });
  reporter.say("exported", `rejects ${table}: ${counted(found.rowCount, "row")} written to ${file}`, {
    table,
    rows: found.rowCount,
  });
  reporter.output(file);
}
