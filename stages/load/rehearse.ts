import { openTarget } from "../../lib/databases/open-target.js";
import { assertBound } from "../../lib/files/work-directory.js";
import type { Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { readPlan } from "./inputs.js";
import type { LoadOptions } from "./options.js";
import { type ByTable, type Intent, type Planned, settleIntents } from "./preflight.js";
import { wayText } from "./tell.js";

/** Says what load would do, on a connection that cannot write. */
export async function rehearse(
  run: Run,
  tables: readonly Table[],
  { options, url }: { readonly options: LoadOptions; readonly url: string },
): Promise<void> {
  const planned = await readReady(run, tables);
  if (planned.size === 0) return;
  const target = await openTarget(url, { application: "waybill/load", readOnly: true });
  try {
    await assertBound(run.work, { migration: run.migration.id, target: target.identity.identity });
    for (const [name, intent] of await settleIntents(run, target, { planned, options })) tell(run, name, intent);
  } finally {
    await target.close();
  }
}

// In a rehearsal of all stages transform has not run again either: what waits for it is no failure.
async function readReady(run: Run, tables: readonly Table[]): Promise<ByTable<Planned>> {
  const ready = new Map<Table["name"], Planned>();
  for (const table of tables) {
    try {
      ready.set(table.name, { kind: "planned", plan: await readPlan(run, table) });
    } catch (error) {
      if (!(error instanceof StageError) || (error.kind !== "missing" && error.kind !== "integrity")) throw error;
      run.reporter.say("would-run", `load ${table.name}: would be loaded, once it is transformed (${error.message})`, {
        table: table.name,
      });
    }
  }
  return ready;
}

function tell(run: Run, table: Table["name"], intent: Intent): void {
  const { reporter } = run;
  switch (intent.kind) {
    case "load": {
      const words = ["would be loaded", wayText(intent.chosen), `(${intent.reason})`].filter((text) => text !== "");
      reporter.say("would-run", `load ${table}: ${words.join(" ")}`, { table });
      return;
    }
    case "record":
      reporter.say("would-run", `load ${table}: is in the target already; only its manifest would be written`, {
        table,
      });
      return;
    case "up to date":
      reporter.say("up-to-date", `load ${table}: up to date`, { table });
      return;
    case "refused":
      reporter.warn("would-fail", `load ${table}: would fail: ${intent.error.message}`, { table });
      return;
    default:
      intent satisfies never;
  }
}
