import { type ProgramDescription, parseArguments, placeOptions, text, voiceOf } from "../../lib/program/options.js";
import type { Voice } from "../../lib/program/run-program.js";

export interface CheckOptions extends Voice {
  readonly migration: string | undefined;
  readonly work: string | undefined;
}

/** The program as `--help` shows it. */
export const checkDescription: ProgramDescription = {
  name: "check",
  summary:
    "Reads the migration's folder and says everything that is wrong with it, with file and line: keys and words, names, " +
    "lookup files, SQL. Source columns are checked where the work directory holds the extract; of the others it says " +
    "which names it could not check. Asks no database, and changes nothing.",
  options: [...placeOptions, { name: "mapping", describe: "the specification alone: all that this version checks" }],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseCheckOptions(argv: readonly string[]): Promise<CheckOptions | { readonly print: string }> {
  const raw = await parseArguments(checkDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...voiceOf(raw), migration: text(raw.migration), work: text(raw.work) };
}
