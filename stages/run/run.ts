import type { Stage } from "../../lib/model/manifest.js";
import { ChildFailed, runChild } from "../../lib/program/child-stage.js";
import { readMigration } from "../../lib/program/open-run.js";
import type { RunOptions } from "./options.js";
import { planRun } from "./plan.js";

/**
 * Runs the four stages, each as a process of its own: they share nothing but the work directory. Stops at the first that
 * fails; with --keep-going it goes on, and the highest code wins.
 */
export async function run(options: RunOptions): Promise<void> {
  const calls = planRun(await readMigration(options.migration), options);
  const failures: { readonly stage: Stage; readonly code: number }[] = [];
  for (const { stage, args } of calls) {
    const code = await runChild(new URL(`../../stages/${stage}/main.js`, import.meta.url), args);
    if (code !== 0) failures.push({ stage, code });
    // What a signal ended must not go on.
    if (code > 128 || (code !== 0 && !options.keepGoing)) break;
  }
  if (failures.length === 0) return;
  const said = failures.map(({ stage, code }) => `${stage} exited with ${code}`).join(", ");
  throw new ChildFailed(`run: ${said}`, Math.max(...failures.map(({ code }) => code)));
}
