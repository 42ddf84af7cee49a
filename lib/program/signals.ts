import type { ChildProcess } from "node:child_process";

const exits = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

let child: ChildProcess | undefined;

/**
 * Ends this process at the first signal, with the code a shell expects. A kill at any moment is safe by design: drafts
 * are not results, the server rolls back what was not committed, a dead process holds no lock. So there is nothing to tidy up.
 */
export function exitOnSignals(name: string): void {
  for (const [signal, code] of exits) {
    // Only once: a second signal does what signals do, at once.
    process.once(signal, () => {
      if (child === undefined) {
        process.stderr.write(`\n${name}: interrupted; nothing half-done counts, run the same command again to go on\n`);
        process.exit(code);
      }
      // It says so itself; wait for it, so that nothing of ours runs any more once we are gone.
      child.once("exit", () => process.exit(code));
      child.kill(signal);
    });
  }
}

/** From now on signals go to `running` first; undefined when it is gone. */
export function handSignalsTo(running: ChildProcess | undefined): void {
  child = running;
}
