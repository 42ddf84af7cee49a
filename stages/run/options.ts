import { levelOf, levelOption } from "../../lib/program/level.js";
import {
  type ProgramDescription,
  parseArguments,
  type RawOption,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
} from "../../lib/program/options.js";

export interface RunOptions extends StageOptions {
  /** The options as arguments, to be handed on to every stage; without the names. */
  readonly shared: readonly string[];
  /** The same of those that validate alone knows. */
  readonly validate: readonly string[];
}

/** The program as `--help` shows it. */
export const runDescription: ProgramDescription = {
  name: "run",
  summary:
    "Runs extract, transform, load and validate, one after another: all tables, or those named and the tables they refer to. " +
    "Stops at the first stage that fails and exits as it did; with --keep-going it goes on and exits with the highest code.",
  arguments: "[tables…]",
  options: [...stageOptions, { ...levelOption, describe: `validate: ${levelOption.describe}` }],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseRunOptions(argv: readonly string[]): Promise<RunOptions | { readonly print: string }> {
  const raw = await parseArguments(runDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  // What validate would refuse at the end is refused at the beginning.
  levelOf(raw);
  const { names: _, [levelOption.name]: level, ...shared } = raw;
  return {
    ...stageOptionsOf(raw),
    shared: argumentsOf(shared),
    validate: argumentsOf({ [levelOption.name]: level }),
  };
}

// `--name=value` is one word, so that a value that begins with a dash stays a value.
function argumentsOf(raw: Readonly<Record<string, RawOption>>): readonly string[] {
  return Object.entries(raw).flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? [`--${name}`] : [];
    return [value ?? []].flat().map((one) => `--${name}=${one}`);
  });
}
