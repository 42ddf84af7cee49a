import {
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
} from "../../lib/program/options.js";

export interface ExtractOptions extends StageOptions {
  /** Extracts that stand may stay although the new ones are of another snapshot. */
  readonly allowMixedSnapshots: boolean;
}

/** The program as `--help` shows it. */
export const extractDescription: ProgramDescription = {
  name: "extract",
  summary: "Reads the extracts, all of a source in one snapshot, into gzipped CSV parts with a manifest.",
  arguments: "[extracts…]",
  options: stageOptions,
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseExtractOptions(
  argv: readonly string[],
): Promise<ExtractOptions | { readonly print: string }> {
  const raw = await parseArguments(extractDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...stageOptionsOf(raw), allowMixedSnapshots: raw["allow-mixed-snapshots"] === true };
}
