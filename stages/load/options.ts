import {
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
  text,
} from "../../lib/program/options.js";

export interface LoadOptions extends StageOptions {
  /** Must be the migration's id: rows that no run of Waybill wrote may be replaced. */
  readonly confirm: string | undefined;
}

/** The program as `--help` shows it. */
export const loadDescription: ProgramDescription = {
  name: "load",
  summary: "Puts the transformed rows into the target, each table in one transaction, exactly once.",
  arguments: "[tables…]",
  options: stageOptions,
};

/** The options of load, or the text `--help` prints. */
export async function parseLoadOptions(argv: readonly string[]): Promise<LoadOptions | { readonly print: string }> {
  const raw = await parseArguments(loadDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...stageOptionsOf(raw), confirm: text(raw.confirm) };
}
