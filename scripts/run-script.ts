import { exitCodes, StageError } from "../lib/model/errors.js";

/** Runs a script of this folder to its exit code; an error a person is meant to read is printed without a stack. */
export async function runScript(script: () => Promise<number>): Promise<void> {
  // Exiting is all there is to do: what we started notices by itself that we are gone.
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  try {
    process.exitCode = await script();
  } catch (error) {
    process.exitCode = error instanceof StageError ? exitCodes[error.kind] : exitCodes.bug;
    process.stderr.write(`${error instanceof StageError ? explained(error) : stackOf(error)}\n`);
  }
}

function explained({ message, hint }: StageError): string {
  return hint === undefined ? message : `${message}\n${hint}`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
