import { type ProgramDescription, parseArguments, placeOptions, text, voiceOf } from "../../lib/program/options.js";
import type { Voice } from "../../lib/program/run-program.js";

export interface StatusOptions extends Voice {
  readonly names: readonly string[];
  readonly migration: string | undefined;
  readonly work: string | undefined;
}

/** The program as `--help` shows it. */
export const statusDescription: ProgramDescription = {
  name: "status",
  summary:
    "What stands in a work directory, as a table on stdout: each stage of each extract and table is done, stale, missing, " +
    "damaged, or said no, and why. With --json one JSON object a line on stdout. The first break of the chain is named on " +
    "stderr. It reads files only, and changes nothing: what the target holds now, load and validate ask the target itself. " +
    "Sizes are compared, not checksums: for those type sha256sum -c SHA256SUMS. Exits 0 whatever it finds.",
  arguments: "[tables…]",
  options: placeOptions,
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseStatusOptions(argv: readonly string[]): Promise<StatusOptions | { readonly print: string }> {
  const raw = await parseArguments(statusDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...voiceOf(raw), names: raw.names, migration: text(raw.migration), work: text(raw.work) };
}
