// What holds of a replay:
// 1. Nothing of the run that it corrects is touched; its own files lie in replays/.
// 2. The file handed in is checked whole before anything is written.
// 3. Its extract appears before its transform, so the same command finishes what was cut off.
import { dirname, join } from "node:path";
import { readBody, readPlacedRows } from "../../lib/files/csv-rows.js";
import { filesStand, readManifest, requireManifest, verifyFile } from "../../lib/files/manifest-file.js";
import { inStageFolder, withdrawFolder } from "../../lib/files/stage-folder.js";
import { replayDirectory, replayNames } from "../../lib/files/work-directory.js";
import { transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Table } from "../../lib/mapping/migration.js";
import { counted } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";
import { addedColumns } from "../../lib/model/resource.js";
import { ChildFailed, runChild } from "../../lib/program/child-stage.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { standingReplays } from "../../lib/program/standing-replays.js";
import { assertNone, type CorrectedRow, matchCorrections } from "./corrections.js";
import { assertReplayable } from "./obstacles.js";
import type { RejectsOptions } from "./options.js";
import { layOut, type ReplayExtract, writeReplayExtract } from "./replay-extract.js";
import { writtenIdentities } from "./written-identities.js";

/** Maps the corrected rows of `file` as a small run of its own, and says what to type next. */
export async function replay(options: RejectsOptions, context: Context, file: string): Promise<void> {
  const run = await openRun(options, context);
  const table = onlyTable(run);
  const base = await readBase(run, table);
  const matched = await readCorrections(run, table, { file, base });
  const extracts = base.extracts.map((manifest) => layOut(manifest, matched));
  const work = async () => {
    const choice = await choose(run, table, { file, base: base.transform, extracts, matched });
    if (options.dryRun) return tellPlan(run, table, { choice, rowCount: matched.length });
    const corrects = {
      path: run.work.manifestName("transform", table.name),
      outputHash: base.transform._waybill.outputHash,
    };
    const own = replayDirectory(run.work, table.name, choice.name);
    if (choice.isNew) for (const extract of extracts) await writeReplayExtract(run, extract, { work: own, corrects });
    const code = await runChild(
      new URL("../../stages/transform/main.js", import.meta.url),
      argumentsOf(options, table, choice.name),
    );
    if (code !== 0) throw new ChildFailed(`rejects replay: transform exited with ${code}`, code);
    await tell(run, table, choice.name);
  };
  const folder = dirname(replayDirectory(run.work, table.name, "001").root);
  await (options.dryRun ? work() : inStageFolder(folder, context.pid, work));
}

/** Takes the latest replay of a table back; load then loads the table without it. */
export async function discard(options: RejectsOptions, context: Context, name: string): Promise<void> {
  const run = await openRun(options, context);
  const table = onlyTable(run);
  const last = (await replayNames(run.work, table.name)).at(-1);
  if (last !== name) {
    const found = last === undefined ? "it has none" : `its latest is ${last}`;
    throw new StageError(
      "usage",
      `${name} is not the latest replay of ${table.name}: ${found}`,
      "later ones rest on it: discard these first",
    );
  }
  const { root } = replayDirectory(run.work, table.name, name);
  await inStageFolder(dirname(root), context.pid, () => withdrawFolder(root));
  run.reporter.say(
    "replay-discarded",
    `rejects ${table.name}: replay ${name} is gone; next: ${run.command("load", table.name)}`,
    {
      table: table.name,
      replay: name,
    },
  );
}

function onlyTable({ tables }: Run): Table {
  const [table] = tables;
  if (table === undefined) throw new Error("no table was named");
  return table;
}

interface Base {
  readonly transform: Manifest;
  readonly extracts: readonly Manifest[];
}

async function readBase(run: Run, table: Table): Promise<Base> {
  const command = run.command("transform", table.name);
  const folder = run.work.stageFolder("transform", table.name);
  const transform = await requireManifest(folder, command);
  const { fingerprint, inputs } = transform._waybill;
  if (fingerprint !== transformFingerprint(run.migration, table, inputs))
    throw new StageError(
      "integrity",
      `${table.name}: its mapping has changed since it was transformed`,
      `run it again: ${command}`,
    );
  for (const file of filesOf(transform, "rejects"))
    await verifyFile(folder, file, run.command("transform", table.name, "--force"));
  const extracts: Manifest[] = [];
  for (const name of table.extracts)
    extracts.push(await requireManifest(run.work.stageFolder("extract", name), run.command("extract", name)));
  assertReplayable(table, extracts);
  return { transform, extracts };
}

async function readCorrections(
  run: Run,
  table: Table,
  { file, base }: { readonly file: string; readonly base: Base },
): Promise<readonly CorrectedRow[]> {
  const [rejects] = filesOf(base.transform, "rejects");
  if (rejects === undefined) throw new Error(`the transform of ${table.name} has no rejects file`);
  const extracts = new Map(base.extracts.map((manifest) => [manifest._waybill.subject, columnsOf(manifest)]));
  const columns = rejects.schema.fields.map(({ name }) => name);
  const rows = readBody(join(run.work.stageFolder("transform", table.name), rejects.path));
  return await matchCorrections(file, await readPlacedRows(file), { columns, rows, extracts });
}

function columnsOf(manifest: Manifest) {
  const added = addedColumns(manifest);
  const { key, keyKind } = manifest._waybill.details;
  const columns = (manifest.resources[0]?.schema.fields ?? []).map(({ name }) => name);
  // Where the whole row is the key, correcting any of it is correcting the key.
  return {
    columns: columns.filter((name) => !added.includes(name)),
    key: keyKind === "whole row" ? [] : ((key ?? []) as readonly string[]),
  };
}

interface Choice {
  readonly name: string;
  /** Its rows are still to be written. */
  readonly isNew: boolean;
}

interface Asked {
  readonly file: string;
  readonly base: Manifest;
  readonly extracts: readonly ReplayExtract[];
  readonly matched: readonly CorrectedRow[];
}

/** Which replay these rows are: one that holds the very same already, one that was cut off, or a new one. */
async function choose(run: Run, table: Table, { file, base, extracts, matched }: Asked): Promise<Choice> {
  const names = await replayNames(run.work, table.name);
  for (const name of names) if (await holds(run, table, { name, base, extracts })) return { name, isNew: false };
  const last = names.at(-1);
  // Nothing of one whose rows are not all there was ever used.
  const isCutOff = last !== undefined && !(await isBegun(run, table, last));
  const replays = await standingReplays(run, table, { base, names: isCutOff ? names.slice(0, -1) : names });
  const problems: string[] = [];
  for (const earlier of replays) {
    const written = await writtenIdentities(run, earlier);
    for (const { line, identity } of matched)
      if (written.has(identity)) problems.push(`line ${line}: replay ${earlier.name} has corrected this row already`);
  }
  assertNone(file, problems);
  const next = isCutOff ? last : String(Number(last ?? 0) + 1).padStart(3, "0");
  return { name: next, isNew: true };
}

async function holds(
  run: Run,
  table: Table,
  { name, base, extracts }: Pick<Asked, "base" | "extracts"> & { readonly name: string },
): Promise<boolean> {
  const work = replayDirectory(run.work, table.name, name);
  for (const extract of extracts) {
    const folder = work.stageFolder("extract", extract.base._waybill.subject);
    const manifest = await readManifest(folder);
    if (manifest === undefined || !(await filesStand(folder, manifest))) return false;
    if (manifest._waybill.details.corrects !== base._waybill.outputHash) return false;
    if (manifest.resources[0]?._contentHash !== extract.contentHash) return false;
  }
  return true;
}

async function isBegun(run: Run, table: Table, name: string): Promise<boolean> {
  const work = replayDirectory(run.work, table.name, name);
  for (const extract of table.extracts)
    if ((await readManifest(work.stageFolder("extract", extract))) === undefined) return false;
  return true;
}

function argumentsOf(options: RejectsOptions, table: Table, name: string): readonly string[] {
  const { migration, work, jobs, json, quiet, color } = options;
  return [
    `--replay=${name}`,
    `--jobs=${jobs}`,
    ...(migration === undefined ? [] : [`--migration=${migration}`]),
    ...(work === undefined ? [] : [`--work=${work}`]),
    ...(json ? ["--json"] : []),
    ...(quiet ? ["--quiet"] : []),
    ...(color ? [] : ["--no-color"]),
    "--allow-mixed-snapshots",
    "--",
    table.name,
  ];
}

function tellPlan(
  run: Run,
  table: Table,
  { choice, rowCount }: { readonly choice: Choice; readonly rowCount: number },
): void {
  const what = choice.isNew
    ? `would be mapped as replay ${choice.name}`
    : `are those of replay ${choice.name}, which would be finished`;
  run.reporter.say("would-run", `rejects ${table.name}: ${counted(rowCount, "corrected row")} ${what}`, {
    table: table.name,
  });
}

async function tell(run: Run, table: Table, name: string): Promise<void> {
  const folder = replayDirectory(run.work, table.name, name).stageFolder("transform", table.name);
  const { counts } = (await requireManifest(folder, run.command("transform", table.name)))._waybill;
  const next = `${run.command("load", table.name)}; ${run.command("validate", table.name)}`;
  run.reporter.say(
    "replayed",
    `rejects ${table.name}: replay ${name} wrote ${counts.written} of ${counted(counts.read ?? 0, "row")}, ${counts.rejected} rejected again; next: ${next}`,
    { table: table.name, replay: name, ...counts },
  );
}
