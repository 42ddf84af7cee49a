import { join } from "node:path";
import type { Checks } from "../../lib/databases/checks-port.js";
import { openChecks } from "../../lib/databases/open-checks.js";
import { writeWhole } from "../../lib/files/whole-file.js";
import { bindRun } from "../../lib/files/work-directory.js";
import type { Table } from "../../lib/mapping/migration.js";
import { withCommas } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { canonicalJson, type Json } from "../../lib/model/hash.js";
import { targetUrl } from "../../lib/program/database-url.js";
import { eachTable } from "../../lib/program/each-table.js";
import { openRun, type Run } from "../../lib/program/open-run.js";
import type { Context } from "../../lib/program/run-program.js";
import { writeReport } from "../../lib/report/write-report.js";
import { readInputs } from "./inputs.js";
import { junitPath, junitXml } from "./junit.js";
import { type LiveSource, openLiveSource } from "./live-source.js";
import type { ValidateOptions } from "./options.js";
import { buildReport, overall } from "./report.js";
import { attention, refusal, tableLine, totalLine } from "./summary.js";
import { type Databases, type TableResult, validateTable } from "./validate-table.js";

/** Validates the tables asked for, parents first, and prints the path of the report. 1 when anything does not hold. */
export async function validate(options: ValidateOptions, context: Context): Promise<void> {
  const run = await openRun(options, context);
  const { tables } = run;
  if (options.dryRun) return await rehearse(run, tables);
  const results: TableResult[] = [];
  const databases = databasesOf(run, options);
  const each = eachTable(tables, { keepGoing: options.keepGoing, reporter: run.reporter }, async (table) => {
    const result = await validateTable(run, databases, await readInputs(run, table));
    tellTable(run, result);
    results.push(result);
  });
  // A table that stops the run does not take the report of the others with it.
  await each.finally(async () => {
    await databases.close();
    if (results.length > 0) await publish(run, results, options);
  });
  const refused = refusal(run, results);
  if (refused !== undefined) throw refused;
}

async function rehearse(run: Run, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const inputs = await readInputs(run, table).catch(undefinedWhenMissing);
    const rows = inputs && withCommas(inputs.transform._waybill.counts.written ?? 0);
    const would =
      rows === undefined ? "would be validated, once it is loaded" : `${rows} rows would be compared with the target`;
    run.reporter.say("would-run", `validate ${table.name}: ${would}`, { table: table.name });
  }
}

// In a rehearsal the stages before have written nothing.
function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof StageError && error.kind === "missing") return undefined;
  throw error;
}

function tellTable(run: Run, result: TableResult): void {
  const { inputs, counts, verdict, seconds } = result;
  const fields = { table: inputs.table.name, verdict, rows: counts.written, target: counts.target, seconds };
  if (verdict === "passed") run.reporter.say("validated", tableLine(result), fields);
  else run.reporter.warn("validated", tableLine(result), fields);
}

async function publish(run: Run, results: readonly TableResult[], { junit }: ValidateOptions): Promise<void> {
  const folder = join(run.work.root, "validate");
  const path = join(folder, "report.json");
  await writeWhole(path, `${canonicalJson(buildReport(run, results) as unknown as Json, 2)}\n`);
  const lines = results.flatMap(attention);
  if (lines.length > 0) run.reporter.say("attention", ["look first at:", ...lines].join("\n"), {});
  run.reporter.say("summary", totalLine(results), { verdict: overall(results) });
  run.reporter.output(path);
  if (junit) {
    await writeWhole(join(folder, junitPath), junitXml(run.migration.id, results));
    run.reporter.output(join(folder, junitPath));
  }
  // A unit is a few rows of many: what it shows is no verdict on the run.
  if (run.unit === undefined) run.reporter.output(await writeReport(run.migration, run.work));
}

/** The target and the sources, each reached once, when first asked for. */
function databasesOf(run: Run, options: ValidateOptions): Databases & { close(): Promise<void> } {
  let target: Promise<Checks> | undefined;
  const sources = new Map<string | undefined, Promise<LiveSource>>();
  const asksSource = options.asksSource && run.unit === undefined;
  const why = options.asksSource ? "a unit is read anew by extract" : "left out, as --no-source asks";
  const left: LiveSource = { kind: "closed", why };
  return {
    asksSource,
    level: options.level,
    checks: () => (target ??= openTarget(run)),
    source: ({ source: name }) => {
      const source = sources.get(name) ?? (asksSource ? openLiveSource(run, name) : Promise.resolve(left));
      sources.set(name, source);
      return source;
    },
    close: async () => {
      for (const source of sources.values()) {
        const live = await source.catch(() => undefined);
        if (live?.kind === "open") await live.source.close();
      }
      await (await target?.catch(() => undefined))?.close();
    },
  };
}

async function openTarget(run: Run): Promise<Checks> {
  const { migration } = run;
  const checks = await openChecks(targetUrl(run), { application: "waybill/validate" });
  try {
    await bindRun(run.work, { migration: migration.id, target: checks.identity.identity });
    return checks;
  } catch (error) {
    await checks.close();
    throw error;
  }
}
