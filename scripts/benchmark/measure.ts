import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";

/** What a shell command took; undefined seconds: it failed, or a program it needs is not installed, as `note` says. */
export interface Measurement {
  readonly seconds: number | undefined;
  readonly note: string;
}

export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where files of ours may lie. */
  readonly folder: string;
  /** How often each command is timed, after a run that is not counted. */
  readonly runs: number;
}

/** Median seconds of a command's runs, after one that is not counted; `reset` is run before each, and not timed. */
export async function measure(command: string, shell: Shell, reset = "true"): Promise<Measurement> {
  const missing = programsOf(command).find((program) => !isInstalled(program));
  if (missing !== undefined) return { seconds: undefined, note: `${missing} is not installed` };
  try {
    const seconds = isInstalled("hyperfine")
      ? await byHyperfine(command, shell, reset)
      : await byRepetition(command, shell, reset);
    return { seconds, note: "" };
  } catch (error) {
    return { seconds: undefined, note: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs a command to its end; throws when its exit code is not 0. */
export async function runShell(command: string, { env }: Shell): Promise<void> {
  const child = spawn("bash", ["-c", `set -o pipefail; ${command}`], { env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`exit ${code}: ${said.trim().split("\n").slice(-3).join(" ")}`);
}

async function byHyperfine(command: string, shell: Shell, reset: string): Promise<number> {
  const report = `${shell.folder}/hyperfine.json`;
  const flags = [
    "--warmup=1",
    `--runs=${shell.runs}`,
    "--style=none",
    `--export-json=${report}`,
    "--shell=bash",
    `--prepare=${quoted(reset)}`,
  ];
  await runShell(["hyperfine", ...flags, quoted(`set -o pipefail; ${command}`)].join(" "), shell);
  const { results }: { readonly results: readonly { readonly median: number }[] } = JSON.parse(
    await readFile(report, "utf8"),
  );
  await rm(report);
  return results[0]?.median ?? Number.NaN;
}

async function byRepetition(command: string, shell: Shell, reset: string): Promise<number> {
  await runShell(`${reset}; ${command}`, shell);
  const seconds: number[] = [];
  for (let run = 0; run < shell.runs; run += 1) {
    await runShell(reset, shell);
    const startMs = performance.now();
    await runShell(command, shell);
    seconds.push((performance.now() - startMs) / 1000);
  }
  return seconds.sort((one, other) => one - other)[Math.floor(shell.runs / 2)] ?? Number.NaN;
}

/** The peak memory in MB of one run of a command of ours, over all its Node processes. */
export async function peakMemory(command: string, shell: Shell): Promise<number> {
  const report = `${shell.folder}/memory`;
  await rm(report, { force: true });
  const reporter = new URL("./report-memory.js", import.meta.url).href;
  const env = { ...shell.env, NODE_OPTIONS: `--import=${reporter}`, BENCH_MEMORY_FILE: report };
  await runShell(command, { ...shell, env });
  const kilobytes = (await readFile(report, "utf8")).trim().split("\n").map(Number);
  return kilobytes.reduce((sum, number) => sum + number, 0) / 1000;
}

/** A word as bash reads it back. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The first word of each part of a pipeline. */
function programsOf(command: string): readonly string[] {
  return command.split(/\s(?:\||&&|;)\s/).flatMap((part) => part.trim().split(/\s/, 1));
}

function isInstalled(program: string): boolean {
  return spawnSync("bash", ["-c", `command -v ${quoted(program)}`]).status === 0;
}
