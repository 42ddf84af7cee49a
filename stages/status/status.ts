import { join } from "node:path";
import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { findWorkDirectory, replayDirectory, replayNames, type WorkDirectory } from "../../lib/files/work-directory.js";
import { withCommas } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { columnWidths, tableLine } from "../../lib/program/text-table.js";
import { type Finding, firstBreak, type Judgement, judge } from "./judge.js";
import type { StatusOptions } from "./options.js";
import { planSteps, type ReplayName, type Step } from "./plan.js";

/** Says what stands in a work directory, what does not and why; changes nothing. */
export async function status(options: StatusOptions, { reporter }: Context): Promise<void> {
  const migration = await readMigration(options.migration);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const findings = new Map<string, Finding>();
  const replays: ReplayName[] = [];
  for (const { name: table } of migration.tables)
    for (const name of await replayNames(work, table)) replays.push({ table, name });
  const pathOf = (step: Step): string => placeOf(work, step).manifestName(step.stage, step.subject);
  // All steps, also of tables nobody asked about: those asked about may be made from them.
  for (const step of planSteps(migration, [], replays))
    findings.set(pathOf(step), await find(placeOf(work, step), step));
  const judgements: Judgement[] = [];
  for (const step of planSteps(migration, options.names, replays)) {
    const finding = findings.get(pathOf(step)) ?? { kind: "missing" };
    judgements.push(judge(step, finding, { findings, before: judgements, pathOf }));
  }
  for (const line of options.json ? judgements.map(jsonLine) : tableOf(judgements)) reporter.output(line);
  const broken = firstBreak(judgements);
  if (broken === undefined) reporter.say("all-done", "everything stands", {});
  else
    reporter.say(
      "first-break",
      `the chain breaks at ${broken.stage} ${nameOf(broken.subject, broken.replay)} (${broken.state}); go on from there: ${cure(options, broken)}`,
      { stage: broken.stage, subject: broken.subject, state: broken.state },
    );
}

function placeOf(work: WorkDirectory, { replay }: Step): WorkDirectory {
  return replay === undefined ? work : replayDirectory(work, replay.table, replay.name);
}

async function find(work: WorkDirectory, { stage, subject }: Step): Promise<Finding> {
  const folder = work.stageFolder(stage, subject);
  try {
    const manifest = await readManifest(folder);
    if (manifest === undefined) return { kind: "missing" };
    if (await filesStand(folder, manifest)) return { kind: "standing", manifest };
    return { kind: "damaged", reason: "a file its manifest names is gone or has another size" };
  } catch (error) {
    if (error instanceof StageError && error.kind === "integrity") return { kind: "damaged", reason: error.message };
    throw error;
  }
}

function tableOf(judgements: readonly Judgement[]): readonly string[] {
  const rows = judgements.map(({ stage, subject, replay, state, rowCount, reason }) => {
    return [stage, nameOf(subject, replay), state, rowCount === undefined ? "" : withCommas(rowCount), reason];
  });
  const lines = [["stage", "name", "state", "rows", ""], ...rows];
  // The reasons stand last and are never cut.
  const widths = columnWidths(lines, 1000);
  return lines.map((cells) => tableLine(cells, widths));
}

function nameOf(subject: string, replay: Step["replay"]): string {
  return replay === undefined ? subject : `${subject}, replay ${replay.name} of ${replay.table}`;
}

function jsonLine({ stage, subject, replay, state, rowCount, reason }: Judgement): string {
  const line = { stage, name: subject, state, rows: rowCount ?? null, reason };
  return JSON.stringify(replay === undefined ? line : { ...line, replay: replay.name, table: replay.table });
}

// A verdict stands until its cause is mended; everything else is cured by running the stage again.
function cure(options: StatusOptions, { stage, subject, replay, state }: Judgement): string {
  if (replay !== undefined) return commandLine(options, ["rejects", "discard", replay.table, replay.name]);
  return commandLine(options, [stage, subject, state === "damaged" ? "--force" : undefined]);
}
