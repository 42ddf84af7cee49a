import { StageError } from "../../lib/model/errors.js";
import {
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
  text,
} from "../../lib/program/options.js";

export interface TransformOptions extends StageOptions {
  /** Extracts of different snapshots may be mapped together; the report says so. */
  readonly allowMixedSnapshots: boolean;
  /** The replay of one table's rejects to map, in its own folder; `waybill rejects replay` makes it. */
  readonly replay: string | undefined;
}

/** The program as `--help` shows it. */
export const transformDescription: ProgramDescription = {
  name: "transform",
  summary: "Applies the mapping to the extracted parts: every row is written, filtered, rejected or deduplicated.",
  arguments: "[tables…]",
  options: [
    ...stageOptions,
    { name: "replay", value: "NNN", describe: "what `waybill rejects replay` runs: map corrected rows, in replays/" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseTransformOptions(
  argv: readonly string[],
): Promise<TransformOptions | { readonly print: string }> {
  const raw = await parseArguments(transformDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const replay = text(raw.replay);
  const options = stageOptionsOf(raw);
  const isUnit = options.key !== undefined || options.sample !== undefined;
  if (replay !== undefined && (options.names.length !== 1 || isUnit))
    throw new StageError(
      "usage",
      "--replay is of one table, and of no unit",
      "waybill rejects replay <table> FILE.csv",
    );
  return { ...options, allowMixedSnapshots: raw["allow-mixed-snapshots"] === true, replay };
}
