import { exitCodes, StageError } from "../model/errors.js";
import { canonicalJson } from "../model/hash.js";
import { ChildFailed } from "./child-stage.js";
import { createReporter, printable, type Reporter, type ReporterOptions } from "./reporter.js";
import { exitOnSignals } from "./signals.js";

/** What a program gets from its surroundings. */
export interface Context {
  readonly reporter: Reporter;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
}

/** How loud a program is: part of every program's options. */
export type Voice = Omit<ReporterOptions, "program">;

/** A program: its options parsed from the arguments by a pure function, and its work. */
export interface Program<Options extends Voice> {
  readonly name: string;
  /** Options, or the text to print on stdout and be done (`--help`, `--version`). */
  readonly parse: (argv: readonly string[]) => Promise<Options | { readonly print: string }>;
  readonly run: (options: Options, context: Context) => Promise<void>;
}

/**
 * Runs a program as this process: owns argv, signals, printing and the exit code, so that no two programs can disagree
 * about them. A program says 1 by throwing StageError("difference").
 */
export async function runProgram<Options extends Voice>(program: Program<Options>): Promise<void> {
  const argv = process.argv.slice(2);
  // A custom step reads dates through JavaScript: what it makes of them must not depend on where it runs.
  process.env.TZ = "UTC";
  exitOnSignals(program.name);
  ignoreClosedOutput();
  exitOnUncaught(argv);
  try {
    const options = await program.parse(argv);
    if ("print" in options) process.stdout.write(`${options.print}\n`);
    else {
      const reporter = createReporter({ ...options, program: program.name });
      await program.run(options, { reporter, environment: process.env, pid: process.pid }).catch((error: unknown) => {
        reporter.record("failed", { code: codeOf(error), ...reasonOf(error) });
        throw error;
      });
    }
    await exit(0);
  } catch (error) {
    process.stderr.write(errorText(error, argv.includes("--json")));
    await exit(codeOf(error));
  }
}

function reasonOf(error: unknown): { readonly message?: string } {
  return error instanceof StageError ? { message: error.message } : {};
}

/** The exit code an error stands for; anything that is not a StageError is a bug of ours. */
export function codeOf(error: unknown): number {
  if (error instanceof ChildFailed) return error.exitCode;
  return error instanceof StageError ? exitCodes[error.kind] : exitCodes.bug;
}

/** What is true, then what to type next; a stack only for a bug of ours. */
export function errorText(error: unknown, json: boolean): string {
  if (json) return `${canonicalJson({ event: "error", code: codeOf(error), ...messageOf(error) })}\n`;
  if (error instanceof ChildFailed) return `${printable(error.message)}\n`;
  if (!(error instanceof StageError)) return `a bug in Waybill, please report it:\n${stackOf(error)}\n`;
  return `${printable(`${error.message}${error.hint === undefined ? "" : `\n  → ${error.hint}`}`)}\n`;
}

function messageOf(error: unknown): { readonly message: string; readonly hint?: string } {
  if (error instanceof ChildFailed) return { message: error.message };
  if (!(error instanceof StageError)) return { message: stackOf(error) };
  return error.hint === undefined ? { message: error.message } : { message: error.message, hint: error.hint };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Node would exit with 1 for an error that nobody awaits, and 1 says that the data differs.
function exitOnUncaught(argv: readonly string[]): void {
  process.on("uncaughtException", (error) => {
    process.stderr.write(errorText(error, argv.includes("--json")));
    process.exit(codeOf(error));
  });
}

// `waybill inspect … | head` closes our stdout: that is success, as it is for cat.
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

async function exit(code: number): Promise<never> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((done) => {
          if (stream.destroyed || stream.writableEnded || !stream.writable) done();
          else stream.write("", () => done());
        }),
    ),
  );
  process.exit(code);
}
