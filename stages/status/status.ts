import { join } from "node:path";
import { filesStand, readManifest } from "../../lib/files/manifest-file.js";
import { findWorkDirectory, type WorkDirectory } from "../../lib/files/work-directory.js";
import { withCommas } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { columnWidths, tableLine } from "../../lib/program/text-table.js";
import { type Finding, firstBreak, type Judgement, judge } from "./judge.js";
import type { StatusOptions } from "./options.js";
import { planSteps, type Step } from "./plan.js";

/** Says what stands in a work directory, what does not and why; changes nothing. */
export async function status(options: StatusOptions, { reporter }: Context): Promise<void> {
  const migration = await readMigration(options.migration);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const findings = new Map<string, Finding>();
  // All steps, also of tables nobody asked about: those asked about may be made from them.
  for (const step of planSteps(migration, []))
    findings.set(work.manifestName(step.stage, step.subject), await find(work, step));
  const judgements: Judgement[] = [];
  for (const step of planSteps(migration, options.names)) {
    const finding = findings.get(work.manifestName(step.stage, step.subject)) ?? { kind: "missing" };
    judgements.push(judge(step, finding, { findings, before: judgements }));
  }
  for (const line of options.json ? judgements.map(jsonLine) : tableOf(judgements)) reporter.output(line);
  const broken = firstBreak(judgements);
  if (broken === undefined) reporter.say("all-done", "everything stands", {});
  else
    reporter.say(
      "first-break",
      `the chain breaks at ${broken.stage} ${broken.subject} (${broken.state}); go on from there: ${cure(options, broken)}`,
      { stage: broken.stage, subject: broken.subject, state: broken.state },
    );
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
  const rows = judgements.map(({ stage, subject, state, rowCount, reason }) => {
    return [stage, subject, state, rowCount === undefined ? "" : withCommas(rowCount), reason];
  });
  const lines = [["stage", "name", "state", "rows", ""], ...rows];
  // The reasons stand last and are never cut.
  const widths = columnWidths(lines, 1000);
  return lines.map((cells) => tableLine(cells, widths));
}

function jsonLine({ stage, subject, state, rowCount, reason }: Judgement): string {
  return JSON.stringify({ stage, name: subject, state, rows: rowCount ?? null, reason });
}

// A verdict stands until its cause is mended; everything else is cured by running the stage again.
function cure(options: StatusOptions, { stage, subject, state }: Judgement): string {
  return commandLine(options, [stage, subject, state === "damaged" ? "--force" : undefined]);
}
