import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const waybill = fileURLToPath(new URL("../../dist/stages/waybill.js", import.meta.url));

export interface ProgramOptions {
  /** Added to our own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  /** After this the program is killed; exitCode is then -9. */
  readonly timeoutMs?: number;
}

/** `exitCode` is minus the signal's number when a signal ended the program. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way; `child` is there to be killed, `result` settles when it is gone. */
export interface RunningProgram {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly result: Promise<ProgramResult>;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

/** Runs `waybill <name> <args…>` as it was built, in a process of its own, to its end. */
export function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return startProgram(name, args, options).result;
}

/** Starts `waybill <name> <args…>` and does not wait for it. */
export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const child = spawn(process.execPath, [waybill, name, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => undefined); // a program that ends without reading its input is no failure of ours
  child.stdin.end(options.input ?? "");
  return { child, result: resultOf(child) };
}

async function resultOf(child: RunningProgram["child"]): Promise<ProgramResult> {
  const closed = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  const exitCode = child.exitCode ?? -(signalNumbers[child.signalCode ?? ""] ?? 0);
  return { exitCode, stdout, stderr };
}
