import {
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
} from "../../lib/program/options.js";

export interface TransformOptions extends StageOptions {
  /** Extracts of different snapshots may be mapped together; the report says so. */
  readonly allowMixedSnapshots: boolean;
}

/** The program as `--help` shows it. */
export const transformDescription: ProgramDescription = {
  name: "transform",
  summary: "Applies the mapping to the extracted parts: every row is written, filtered, rejected or deduplicated.",
  arguments: "[tables…]",
  options: stageOptions,
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseTransformOptions(
  argv: readonly string[],
): Promise<TransformOptions | { readonly print: string }> {
  const raw = await parseArguments(transformDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...stageOptionsOf(raw), allowMixedSnapshots: raw["allow-mixed-snapshots"] === true };
}
