import { counted, withCommas } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import type { Run } from "../../lib/program/open-run.js";
import { tallyOf, tallyText } from "./check.js";
import { differencesPath, differingRows } from "./differences.js";
import { reasonOf } from "./validate-manifest.js";
import type { TableResult } from "./validate-table.js";

/** A table's line: how many rows were compared, what differs, how many checks held. */
export function tableLine({ inputs, comparisons, counts, checks, verdict, seconds }: TableResult): string {
  const [compared] = comparisons;
  const rows =
    compared === undefined
      ? ""
      : differingRows(compared) === 0
        ? `${compared.expected === 1 ? "its" : "all"} ${counted(compared.expected, "row")} equal`
        : differText(differingRows(compared));
  const aside = counts.quarantined === 0 ? "" : `, ${withCommas(counts.quarantined)} quarantined`;
  return `validate ${inputs.table.name}: ${verdict}, ${rows}${aside}, ${tallyText(tallyOf(checks))}, ${seconds.toFixed(1)} s`;
}

function differText(rowCount: number): string {
  return `${counted(rowCount, "row")} ${rowCount === 1 ? "differs" : "differ"}`;
}

/** What every table together came to, after dbt's last line. */
export function totalLine(results: readonly TableResult[]): string {
  const checks = results.flatMap((result) => result.checks);
  return `${tallyText(tallyOf(checks))} TOTAL=${checks.length}`;
}

/** What somebody should look at first: the checks of a table that did not hold, the worst first. */
export function attention({ inputs, checks }: TableResult): readonly string[] {
  const worst = (["failed", "skipped", "warned"] as const).flatMap((verdict) =>
    checks.filter((check) => check.verdict === verdict),
  );
  return worst.map((check) => `  ${inputs.table.name}: ${check.verdict}: ${reasonOf(check)}`);
}

/** The error a validation ends with that found something; undefined when all is well. */
export function refusal(run: Run, results: readonly TableResult[]): StageError | undefined {
  const bad = results.filter(({ verdict }) => verdict !== "passed");
  const [first] = bad.toSorted((left, right) => rank(left) - rank(right));
  if (first === undefined) return undefined;
  if (first.verdict === "incomplete") {
    const hint = "make what is named possible, and run it again; the source can be left out: --no-source";
    return new StageError(
      "difference",
      `not everything could be checked in ${namesOf(bad)}: ${first.manifest._waybill.verdict.reasons[0]}`,
      hint,
    );
  }
  return new StageError(
    "difference",
    bad
      .filter(({ verdict }) => verdict === "failed")
      .map(sentence)
      .join("\n"),
    hintOf(run, first),
  );
}

function rank({ verdict, first }: TableResult): number {
  if (verdict === "incomplete") return 2;
  return first.length > 0 ? 0 : 1;
}

function sentence({ inputs, comparisons, checks, folder, first }: TableResult): string {
  const differing = comparisons.find((one) => differingRows(one) > 0);
  if (differing === undefined) {
    const failed = checks.filter(({ verdict }) => verdict === "failed");
    // Orphans and figures of reports.
    const lines = first.length === 0 ? "" : `\n  line by line: ${folder}/${differencesPath}`;
    return `${inputs.table.name}: ${counted(failed.length, "check")} failed: ${failed.map(reasonOf).join("; ")}${lines}`;
  }
  const { missing, extra, changed, expected } = differing;
  const kinds = Object.entries({ missing, extra, changed })
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${withCommas(count)} ${kind}`);
  const total = differingRows(differing);
  const more = total > first.length ? ", …" : "";
  return `${inputs.table.name}: ${differText(total)} from the ${withCommas(expected)} expected (${kinds.join(", ")}): ${first.join(", ")}${more}\n  every one: ${folder}/${differencesPath}`;
}

function hintOf(run: Run, { inputs, first }: TableResult): string {
  const { name } = inputs.table;
  return first.length > 0
    ? `look at them: ${run.command("inspect", name, "--differences")}`
    : `look at the checks that failed in validate/report.html`;
}

function namesOf(results: readonly TableResult[]): string {
  return results.map(({ inputs }) => inputs.table.name).join(", ");
}
