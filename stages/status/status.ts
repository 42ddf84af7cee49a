import { join } from "node:path";
import { firstBreak, type Judgement } from "../../lib/chain/judge.js";
import { readChain } from "../../lib/chain/read-chain.js";
import { findWorkDirectory } from "../../lib/files/work-directory.js";
import { withCommas } from "../../lib/mapping/words.js";
import { commandLine, readMigration } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { columnWidths, tableLine } from "../../lib/program/text-table.js";
import type { StatusOptions } from "./options.js";

/** Says what stands in a work directory, what does not and why; changes nothing. */
export async function status(options: StatusOptions, { reporter }: Context): Promise<void> {
  const migration = await readMigration(options.migration);
  const work = await findWorkDirectory(options.work ?? join("work", migration.id), migration.id);
  const judgements = (await readChain(migration, work, options.names)).map(({ judgement }) => judgement);
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

function tableOf(judgements: readonly Judgement[]): readonly string[] {
  const rows = judgements.map(({ stage, subject, replay, state, rowCount, reason }) => {
    return [stage, nameOf(subject, replay), state, rowCount === undefined ? "" : withCommas(rowCount), reason];
  });
  const lines = [["stage", "name", "state", "rows", ""], ...rows];
  // The reasons stand last and are never cut.
  const widths = columnWidths(lines, 1000);
  return lines.map((cells) => tableLine(cells, widths));
}

function nameOf(subject: string, replay: Judgement["replay"]): string {
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
