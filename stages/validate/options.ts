import { type Level, levelOf, levelOption } from "../../lib/program/level.js";
import {
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
} from "../../lib/program/options.js";

export interface ValidateOptions extends StageOptions {
  /** `--no-source`: what only the live source can answer is left out, and the report says so. */
  readonly asksSource: boolean;
  /** `--level`: how rows are compared. */
  readonly level: Level;
  /** `--junit`: the checks as CI systems read them, too. */
  readonly junit: boolean;
}

/** The program as `--help` shows it. */
export const validateDescription: ProgramDescription = {
  name: "validate",
  summary:
    "Proves that source, files and target agree: counts that close to zero, every row compared, tests, a live sample. " +
    "Runs anew each time and writes to no database.",
  arguments: "[tables…]",
  options: [
    ...stageOptions,
    { name: "no-source", describe: "do not ask the live source; the checks that need it are skipped" },
    levelOption,
    { name: "junit", describe: "write validate/junit.xml too, for CI systems" },
  ],
};

/** The options of validate, or the text `--help` prints. */
export async function parseValidateOptions(
  argv: readonly string[],
): Promise<ValidateOptions | { readonly print: string }> {
  const raw = await parseArguments(validateDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return {
    ...stageOptionsOf(raw),
    asksSource: raw["no-source"] !== true,
    level: levelOf(raw),
    junit: raw.junit === true,
  };
}
