import { durationMs } from "../../lib/program/option-values.js";
import {
  type ProgramDescription,
  parseArguments,
  type RawOptions,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
  text,
} from "../../lib/program/options.js";

export interface LoadOptions extends StageOptions {
  /** Must be the migration's id: rows that no run of Waybill wrote may be replaced. */
  readonly confirm: string | undefined;
  readonly times: Times;
}

/** How patient load is with its target; what is not there, the target decides. */
export interface Times {
  readonly retryMs?: number;
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

/** The program as `--help` shows it. */
export const loadDescription: ProgramDescription = {
  name: "load",
  summary: "Puts the transformed rows into the target, each table all at once and exactly once.",
  arguments: "[tables…]",
  options: stageOptions,
};

/** The options of load, or the text `--help` prints. */
export async function parseLoadOptions(argv: readonly string[]): Promise<LoadOptions | { readonly print: string }> {
  const raw = await parseArguments(loadDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...stageOptionsOf(raw), confirm: text(raw.confirm), times: timesOf(raw) };
}

function timesOf(raw: RawOptions): Times {
  const time = (name: string) => durationMs(name, text(raw[name]));
  const [retryMs, lockTimeoutMs, statementTimeoutMs] = ["retry-for", "lock-timeout", "statement-timeout"].map(time);
  return {
    ...(retryMs === undefined ? {} : { retryMs }),
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }),
  };
}
