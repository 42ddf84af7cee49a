import { availableParallelism } from "node:os";
import { exitCodeMeanings, StageError } from "../model/errors.js";
import { nearest } from "../model/nearest.js";
import type { Voice } from "./run-program.js";
import { parseSourceOption, type SourceOption, withoutPassword } from "./url-options.js";

/** The options every stage understands, after parsing. */
export interface StageOptions extends Voice {
  readonly names: readonly string[];
  readonly migration: string | undefined;
  readonly work: string | undefined;
  readonly sources: readonly SourceOption[];
  readonly target: string | undefined;
  readonly key: string | undefined;
  readonly sample: number | undefined;
  readonly jobs: number;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly keepGoing: boolean;
}

/** One option as help shows it; `value` names its argument, without one it is a switch. */
export interface OptionDescription {
  readonly name: string;
  readonly alias?: string;
  readonly value?: string;
  /** It may be given more than once, and all of its values count; of any other the last. */
  readonly repeatable?: true;
  readonly describe: string;
}

/** A program as help shows it. */
export interface ProgramDescription {
  readonly name: string;
  readonly summary: string;
  /** What the positional arguments are: `[extracts…]`; none when undefined. */
  readonly arguments?: string;
  readonly options: readonly OptionDescription[];
}

const voiceOptions: readonly OptionDescription[] = [
  { name: "json", describe: "one JSON object a line on stderr" },
  { name: "quiet", alias: "q", describe: "say less: warnings and errors only" },
  { name: "no-color", describe: "no colours (NO_COLOR is honoured too)" },
];

/** Where things are: every program that looks into a migration or a work directory takes these. */
export const placeOptions: readonly OptionDescription[] = [
  {
    name: "migration",
    alias: "m",
    value: "DIR",
    describe: "the migration's folder (default: . if it holds migration.yaml, else the only folder in mappings/)",
  },
  { name: "work", alias: "w", value: "DIR", describe: "the work directory (default: work/<migration id>)" },
];

/** The options all four stages share, so that a driver may hand the same ones to each. */
export const stageOptions: readonly OptionDescription[] = [
  ...placeOptions,
  {
    name: "source",
    value: "URL",
    repeatable: true,
    describe:
      "the source database, without a password (default: WAYBILL_SOURCE_URL, then migration.yaml); NAME=URL for each of several (WAYBILL_SOURCE_<NAME>_URL)",
  },
  {
    name: "target",
    value: "URL",
    describe: "the target database, without a password (default: WAYBILL_TARGET_URL, then migration.yaml)",
  },
  { name: "key", value: "ID", describe: "one row only, with its parents (composite: 'a=1,b=2'); works in units/" },
  {
    name: "sample",
    value: "N",
    describe: "a repeatable subset of N rows a table, with their parents; works in units/",
  },
  {
    name: "jobs",
    alias: "j",
    value: "N",
    describe: "how many connections or threads to use (default: the number of cores)",
  },
  { name: "force", describe: "do it again even if it is up to date" },
  { name: "dry-run", describe: "say what would be done and do nothing" },
  { name: "keep-going", describe: "go on with tables that do not depend on a failed one" },
  {
    name: "confirm",
    value: "ID",
    describe: "the migration's id: allows load to replace rows that no run of Waybill wrote",
  },
  {
    name: "retry-for",
    value: "TIME",
    describe: "how long load tries again after deadlocks, lost connections and restarts (default: 60s; 0: not at all)",
  },
  {
    name: "lock-timeout",
    value: "TIME",
    describe: "how long load waits for somebody else's lock (default: 60s; 0: for ever)",
  },
  {
    name: "statement-timeout",
    value: "TIME",
    describe: "how long one statement of load may take (default: 0, for ever)",
  },
  { name: "allow-mixed-snapshots", describe: "accept extracts of one source that were not read in one snapshot" },
];

/** What was typed for one option: of a repeatable one, every value. */
export type RawOption = string | boolean | readonly string[] | undefined;

export type RawOptions = Readonly<Record<string, RawOption>> & { readonly names: readonly string[] };

/** Parses arguments as the description says: text stays text. Unknown options and surplus words are usage errors (64). */
export async function parseArguments(
  program: ProgramDescription,
  argv: readonly string[],
): Promise<RawOptions | { readonly print: string }> {
  const { default: yargs } = await import("yargs");
  const described = [...program.options, ...voiceOptions];
  let parser = yargs([...argv])
    .scriptName("waybill")
    .usage(
      `$0 ${program.name}${program.arguments === undefined ? "" : ` ${program.arguments}`} [options]\n\n${program.summary}`,
    )
    .epilogue(exitCodeTable())
    // Numbers stay text: 1e3 is a name, 00501 a key. Equal options are kept apart, dots in names are dots.
    .parserConfiguration({
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "dot-notation": false,
      "boolean-negation": false,
      "camel-case-expansion": false,
    })
    .version(false)
    .help(false)
    .exitProcess(false)
    .wrap(100)
    .fail((message: string | null, error: Error | undefined) => {
      // yargs' own errors are about what somebody typed; any other is a bug.
      throw error === undefined || error.name === "YError"
        ? usageError(program, error?.message ?? message ?? "these arguments cannot be read")
        : error;
    });
  parser = parser.option("help", { alias: "h", type: "boolean", describe: "show this" });
  for (const option of described) parser = parser.option(option.name, yargsOption(option));
  const parsed: Readonly<Record<string, unknown>> = await parser.parseAsync();
  if (parsed.help === true) return { print: await parser.getHelp() };
  assertKnown(program, parsed, described);
  return { ...rawOptions(parsed, described), names: parsed._ as string[] } as unknown as RawOptions;
}

/** The shared options of a stage from what was parsed; bad numbers and passwords in arguments are usage errors. */
export function stageOptionsOf(raw: RawOptions): StageOptions {
  const sample = raw.sample === undefined ? undefined : count("sample", raw.sample);
  if (sample !== undefined && raw.key !== undefined)
    throw new StageError("usage", "--key and --sample exclude each other", "give one of them");
  return {
    ...voiceOf(raw),
    names: raw.names,
    migration: text(raw.migration),
    work: text(raw.work),
    sources: Array.isArray(raw.source) ? raw.source.map(parseSourceOption) : [],
    target: withoutPassword(text(raw.target), ["--target", "WAYBILL_TARGET_URL"]),
    key: text(raw.key),
    sample,
    jobs: raw.jobs === undefined ? availableParallelism() : count("jobs", raw.jobs),
    force: raw.force === true,
    dryRun: raw["dry-run"] === true,
    keepGoing: raw["keep-going"] === true,
  };
}

/** How loud to be, from what was parsed. */
export function voiceOf(raw: RawOptions): Voice {
  return { json: raw.json === true, quiet: raw.quiet === true, color: raw["no-color"] !== true };
}

/** The value of an option that takes one, or undefined when it was not given. */
export function text(value: RawOption): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A positive whole number, or a usage error naming the option. */
export function count(name: string, value: RawOption): number {
  if (typeof value === "string" && /^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new StageError(
    "usage",
    `--${name} takes a whole number from 1 on, not "${String(value)}"`,
    `for example: --${name} 4`,
  );
}

function yargsOption({ alias, value, describe }: OptionDescription) {
  const shared = { describe, ...(alias === undefined ? {} : { alias }) };
  return value === undefined
    ? ({ ...shared, type: "boolean" } as const)
    : ({ ...shared, type: "string", requiresArg: true } as const);
}

function rawOptions(parsed: Readonly<Record<string, unknown>>, described: readonly OptionDescription[]) {
  return Object.fromEntries(described.map((option) => [option.name, rawOption(option, parsed[option.name])]));
}

function rawOption({ repeatable }: OptionDescription, value: unknown): RawOption {
  if (value === undefined) return undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return (repeatable === true ? values : values.at(-1)) as RawOption;
}

function assertKnown(program: ProgramDescription, parsed: object, described: readonly OptionDescription[]): void {
  const known = ["help", ...described.map(({ name }) => name)];
  const spellings = new Set([...known, "h", "_", "$0", ...described.flatMap(({ alias }) => alias ?? [])]);
  const unknown = Object.keys(parsed).find((name) => !spellings.has(name));
  if (unknown !== undefined) {
    const similar = nearest(unknown, known);
    throw usageError(
      program,
      `unknown option --${unknown}${similar === undefined ? "" : `; did you mean --${similar}?`}`,
    );
  }
  const [surplus] = (parsed as { readonly _: readonly string[] })._;
  if (program.arguments === undefined && surplus !== undefined)
    throw usageError(program, `unexpected argument "${surplus}"`);
}

function usageError(program: ProgramDescription, message: string): StageError {
  return new StageError("usage", message, `see: waybill ${program.name} --help`);
}

function exitCodeTable(): string {
  return ["Exit codes:", ...exitCodeMeanings.map(([code, meaning]) => `${String(code).padStart(5)}  ${meaning}`)].join(
    "\n",
  );
}
