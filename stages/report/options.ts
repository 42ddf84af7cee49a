import { type ProgramDescription, parseArguments, placeOptions, text, voiceOf } from "../../lib/program/options.js";
import type { Voice } from "../../lib/program/run-program.js";

export interface ReportOptions extends Voice {
  readonly migration: string | undefined;
  readonly work: string | undefined;
}

/** The program as `--help` shows it. */
export const reportDescription: ProgramDescription = {
  name: "report",
  summary:
    "Writes validate/report.html: one page for people, to read, to print, to sign. It is made from the manifests, " +
    "validate/report.json and log.jsonl alone, without any database, whatever stages have run; it says which have not. " +
    "Prints its path. Exits 0 whatever the verdict is.",
  options: placeOptions,
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseReportOptions(argv: readonly string[]): Promise<ReportOptions | { readonly print: string }> {
  const raw = await parseArguments(reportDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...voiceOf(raw), migration: text(raw.migration), work: text(raw.work) };
}
