import { readExtracts } from "../../lib/mapping/query.js";
import { distinctSnapshots, isOneMoment, mixtureOf } from "../../lib/model/snapshots.js";
import type { Run } from "../../lib/program/open-run.js";
import type { ValidatedTable, Validation } from "../../lib/report/validation.js";
import { tallyOf } from "./check.js";
import { keptOutBy } from "./reconciliation.js";
import type { TableVerdict } from "./validate-manifest.js";
import type { TableResult } from "./validate-table.js";

export const reportFormat = { name: "waybill-validation", version: 1 } as const;

/** The whole validation as one value: what validate/report.json says, and a page for people is made from. */
export function buildReport(run: Run, results: readonly TableResult[]): Validation {
  const { migration } = run;
  const notValidated = migration.tables
    .map(({ name }) => name as string)
    .filter((name) => !results.some(({ inputs }) => inputs.table.name === name));
  const snapshots = distinctSnapshots(results.flatMap(({ inputs }) => inputs.snapshots));
  return {
    format: reportFormat,
    migration: migration.id,
    title: migration.title,
    specification: run.specification,
    verdict: overall(results),
    // A table that was not asked for is not vouched for.
    notValidated,
    snapshots: snapshots as unknown as Validation["snapshots"],
    mixedSnapshots: mixtureOf(snapshots) !== undefined,
    oneMoment: isOneMoment(snapshots),
    summary: { ...tallyOf(results.flatMap(({ checks }) => checks)) },
    tables: results.map((result) => tableReport(run, result)),
  };
}

/** The worst verdict of all tables. */
export function overall(results: readonly TableResult[]): TableVerdict {
  if (results.some(({ verdict }) => verdict === "failed")) return "failed";
  return results.some(({ verdict }) => verdict === "incomplete") ? "incomplete" : "passed";
}

function tableReport(run: Run, result: TableResult): ValidatedTable {
  const { inputs, counts, manifest, checks, verdict, comparisons, seconds } = result;
  const { table } = inputs;
  const { sourceNow, extracts, queried, base, replays, ...known } = counts;
  return {
    table: table.name,
    extracts: readExtracts(table),
    verdict,
    manifest: run.work.manifestName("validate", table.name),
    outputHash: manifest._waybill.outputHash,
    inputs: inputs.inputs,
    snapshots: inputs.snapshots as unknown as Validation["snapshots"],
    reconciliation: {
      ...known,
      sourceNow: sourceNow ?? null,
      drift: sourceNow === undefined ? null : sourceNow - known.snapshot,
      extracts: extracts.map((one) => ({ ...one, sourceNow: one.sourceNow ?? null })),
      // Side by side, what was added up: the counts above are those of the run and its replays together.
      ...(replays.length === 0 ? {} : { base: { ...base }, replays: replays.map((one) => ({ ...one })) }),
      ...(queried.length === 0
        ? {}
        : { queried: queried.map((one) => ({ ...one, sourceNow: one.sourceNow ?? null })) }),
    },
    keptOutBy: keptOutBy(inputs),
    checksum: manifest._waybill.checksum ?? null,
    comparisons: comparisons,
    checks: checks,
    seconds: Number(seconds.toFixed(1)),
  };
}
