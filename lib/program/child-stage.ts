import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { handSignalsTo } from "./signals.js";

/** A stage ended with another code than 0. It has said why itself, so only the code is left to pass on. */
export class ChildFailed extends Error {
  override readonly name = "ChildFailed";
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program of ours as a process of its own, on our stdin, stdout and stderr, and gives its exit code: 128 and the
 * signal's number when a signal ended it, as a shell does. Signals that reach us meanwhile are handed on to it.
 */
export async function runChild(program: URL, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(program), ...args], { stdio: "inherit" });
  handSignalsTo(child);
  try {
    await once(child, "exit");
  } finally {
    handSignalsTo(undefined);
  }
  return child.exitCode ?? 128 + constants.signals[child.signalCode ?? "SIGKILL"];
}
