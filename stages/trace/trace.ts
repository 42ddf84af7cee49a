import { join } from "node:path";
import { readChain } from "../../lib/chain/read-chain.js";
import { openEngine } from "../../lib/engine/duckdb.js";
import { verifyFile } from "../../lib/files/manifest-file.js";
import { removeFolder } from "../../lib/files/stage-folder.js";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import { chooseTables } from "../../lib/mapping/choose-tables.js";
import { readExtracts } from "../../lib/mapping/query.js";
import { listed } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import type { Resource } from "../../lib/model/manifest.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { loadStory, readLoaded } from "./loaded.js";
import { type Mapper, openMapper, whyNot } from "./map-again.js";
import type { TraceOptions } from "./options.js";
import { type RowTrace, traceRow, type Witnesses } from "./row-trace.js";
import { changedExtracts, rulesThen } from "./rules-then.js";
import { findEverywhere } from "./search-all.js";
import { liveTarget } from "./target-row.js";
import { type ManifestOnTheWay, traceJson, traceLines } from "./trace-lines.js";
import { extractRemedy, readTransforms, remedyOf, type Tracing, type Transformed } from "./transforms.js";
import { type WantedKey, wantedKey } from "./wanted-key.js";

/** Tells what happened to the rows that a key names, file by file, up to what the target holds now. */
export async function trace(options: TraceOptions, context: Context): Promise<void> {
  const tracing = await openTracing(options, context);
  const transforms = await readTransforms(tracing);
  const [run] = transforms;
  if (run === undefined) throw new Error("a table has the transform of its run");
  const wanted = wantedKey(options.key, tracing, run);
  const rows = await traced(tracing, options, { transforms, wanted });
  if (rows.length === 0) throw notFound(tracing, transforms, wanted);
  const story = { rows, manifests: await manifestsOf(tracing), others: othersOf(tracing) };
  const { reporter } = context;
  for (const line of options.json ? [traceJson(tracing, options.key, story)] : traceLines(tracing, story))
    if (!reporter.output(line)) return;
  assertLoadedStands(tracing, rows);
}

async function openTracing(options: TraceOptions, context: Context): Promise<Tracing> {
  const migration = await readMigration(options.migration);
  const [table] = chooseTables(migration, [options.table]);
  if (table === undefined) throw new Error(`no table ${options.table}`);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const command = (stage: string, subject: string, more?: string) => commandLine(options, [stage, subject, more]);
  return { migration, table, work, context, command };
}

interface Search {
  readonly transforms: readonly Transformed[];
  readonly wanted: WantedKey;
}

/** Finds the rows in all transforms and tells each one's story; a row comes before what its replays made of it. */
async function traced(tracing: Tracing, options: TraceOptions, search: Search): Promise<readonly RowTrace[]> {
  const folder = join(tracing.work.run, `.trace-${tracing.context.pid}`);
  const { transforms } = search;
  const folders = transforms.flatMap((one) => [one.folder, ...one.extracts.map((extract) => extract.folder)]);
  await verifySearched(tracing, transforms);
  const engine = await openEngine({ folders });
  const target = liveTarget(tracing, options);
  try {
    const found = await findEverywhere(engine, transforms, search.wanted);
    const loaded = await readLoaded(tracing);
    const rows: RowTrace[] = [];
    for (const of of transforms) {
      const own = found.filter((row) => row.of === of);
      if (own.length === 0) continue;
      const rules = await rulesOf(tracing, of, join(folder, of.replay ?? "run"));
      const witnesses: Witnesses = {
        tracing,
        connection: await engine.connect(),
        rules,
        changed: of.manifest === undefined ? [] : changedExtracts(of, of.manifest),
        loadOf: (row) => loadStory(tracing, loaded, row),
        askTarget: (row) => target.ask(row),
      };
      try {
        for (const row of own) rows.push(await traceRow(witnesses, row));
      } finally {
        if ("close" in rules) rules.close();
      }
    }
    return inOrder(rows);
  } finally {
    engine.close();
    await target.close();
    await removeFolder(folder);
  }
}

async function rulesOf(tracing: Tracing, of: Transformed, folder: string): Promise<Mapper | { readonly why: string }> {
  const rules = await rulesThen(tracing, of);
  if (rules.kind === "gone") return { why: rules.why };
  return await openMapper(tracing, of, { ...rules, folder }).catch((error: unknown) => ({ why: whyNot(error) }));
}

// The second life of a row comes right after its first.
function inOrder(rows: readonly RowTrace[]): readonly RowTrace[] {
  const nameOf = ({ extract, key, occurrence }: RowTrace): string => JSON.stringify([extract, key, occurrence]);
  const names = [...new Set(rows.map(nameOf))];
  return names.flatMap((name) => rows.filter((row) => nameOf(row) === name));
}

/** Proves the files that are searched whole; the parts a row stands in are proved when they are read. 65 names all that are damaged. */
async function verifySearched(tracing: Tracing, transforms: readonly Transformed[]): Promise<void> {
  const files = transforms.flatMap((of) => filesToSearch(tracing, of));
  const ends = await Promise.allSettled(files.map(({ folder, file, command }) => verifyFile(folder, file, command)));
  const errors = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
  const [first] = errors;
  if (first === undefined) return;
  const damaged = errors.filter((error) => error instanceof StageError && error.kind === "integrity");
  if (!(first instanceof StageError) || damaged.length < errors.length) throw first;
  const messages = damaged.map((error) => (error as StageError).message);
  throw new StageError("integrity", messages.join("\n"), first.hint, first);
}

interface FileToSearch {
  readonly folder: string;
  readonly file: Resource;
  readonly command: string;
}

function filesToSearch(tracing: Tracing, of: Transformed): readonly FileToSearch[] {
  const { folder, manifest, extracts } = of;
  const isFull = manifest?._waybill.details.ledger === "full";
  // Where the ledger is full, no part has to be searched for a key.
  const own = (manifest?.resources ?? []).filter(({ _role }) => !isFull || _role !== "part");
  const read = isFull ? [] : extracts;
  return [
    ...own.map((file) => ({ folder, file, command: remedyOf(tracing, of) })),
    ...read.flatMap((extract) =>
      extract.manifest.resources.map((file) => ({
        folder: extract.folder,
        file,
        command: extractRemedy(tracing, of, extract),
      })),
    ),
  ];
}

async function manifestsOf({ migration, work, table }: Tracing): Promise<readonly ManifestOnTheWay[]> {
  const chain = await readChain(migration, work, [table.name]);
  return chain.map(({ path, finding, judgement: { state, reason } }) => ({
    path,
    outputHash: finding.kind === "standing" ? finding.manifest._waybill.outputHash : null,
    digest: finding.kind === "standing" ? finding.manifest._waybill.digest : null,
    state,
    reason,
  }));
}

/** Other tables that are made from the same extracts: the row has another story there. */
function othersOf({ migration, table }: Tracing): readonly string[] {
  const own = readExtracts(table);
  const others = migration.tables.filter(
    (other) => other.name !== table.name && readExtracts(other).some((name) => own.includes(name)),
  );
  return others.map(({ name }) => name);
}

function notFound(tracing: Tracing, transforms: readonly Transformed[], wanted: WantedKey): StageError {
  const { table, command } = tracing;
  const replays = transforms.length - 1;
  const extracts = `the extract${table.extracts.length === 1 ? "" : "s"} ${listed(readExtracts(table))}`;
  const searched = [
    extracts,
    ...(transforms[0]?.manifest === undefined ? [] : ["its transform"]),
    ...(replays > 0 ? [`${replays} of its replays`] : []),
  ];
  const gone = transforms[0]?.gone ?? [];
  if (gone.length > 0)
    return new StageError(
      "missing",
      `${table.name}: no row has ${wanted.words} in its transform; ${listed(gone)} is not there any more, as it was extracted`,
      `a row that was simply written is found by its target key; or extract it again: ${command("extract", listed(gone))}`,
    );
  const hint =
    transforms[0]?.manifest === undefined
      ? `if that is its target key, transform it first: ${command("transform", table.name)}`
      : `look for it in the source; rows that where: leaves out are never read. To see keys: ${command("inspect", table.name, "--ledger")}`;
  return new StageError("missing", `${table.name}: no row has ${wanted.words} in ${listed(searched)}`, hint);
}

/** 1 where the target does not hold what was loaded; the story says which row and what. */
function assertLoadedStands({ table, command }: Tracing, rows: readonly RowTrace[]): void {
  const wrong = rows.flatMap(({ target }) => (target.kind === "missing" || target.kind === "changed" ? [target] : []));
  const [first] = wrong;
  if (first === undefined) return;
  const what =
    first.kind === "missing"
      ? "does not hold the row that was loaded"
      : `holds other values than were loaded in ${listed(first.columns.map(({ column }) => column))}`;
  const unit = first.kind === "changed" ? first.unit : null;
  throw new StageError(
    "difference",
    `${table.name}: the target ${what}${unit === null ? "" : `, which the unit ${unit} upserted by itself`}`,
    unit === null
      ? `see what else differs: ${command("validate", table.name)}`
      : `what the unit was made from lies in units/${unit}; to have all rows of one snapshot, run all stages again`,
  );
}
