import type { DatabaseIdentity } from "../../lib/databases/port.js";
import { hashOf, type Json } from "../../lib/model/hash.js";
import { buildManifest, type Manifest, type Resource, type Verdict } from "../../lib/model/manifest.js";
import { isOneMoment, mixtureOf } from "../../lib/model/snapshots.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";
import { type Check, tallyOf } from "./check.js";
import type { Compared } from "./compare-table.js";
import type { ValidateInputs } from "./inputs.js";
import { keptOutBy, type Reconciliation } from "./reconciliation.js";

/** How a table did. "incomplete": nothing failed, but a check could not run and nobody said that it need not. */
export type TableVerdict = "passed" | "failed" | "incomplete";

/** Everything that was found out about one table. */
export interface Validated {
  readonly inputs: ValidateInputs;
  readonly counts: Reconciliation;
  readonly comparisons: readonly Compared[];
  readonly checks: readonly Check[];
  readonly verdict: TableVerdict;
  /** Rows of the sample that have changed in the source since the snapshot. */
  readonly sampleDrift: number | undefined;
  readonly target: DatabaseIdentity;
}

/** The manifest of a table that was validated. */
export function validateManifest(run: Run, validated: Validated, differences: Resource): Manifest {
  const { inputs, counts, comparisons, checks, verdict, sampleDrift, target } = validated;
  const { table, transform } = inputs;
  const { sourceNow, extracts: _, queried: __, base, replays, ...known } = counts;
  return buildManifest([differences], {
    stage: "validate",
    subject: table.name,
    migration: run.migration.id,
    fingerprint: fingerprint(run, validated),
    inputs: inputs.inputs,
    snapshots: inputs.snapshots,
    counts: { ...known, ...(sourceNow === undefined ? {} : { sourceNow }), ...tallyOf(checks) },
    // Load has added up those of the run and its replays.
    checksum: (replays.length === 0 ? transform : inputs.load)._waybill.checksum,
    verdict: manifestVerdict(verdict, checks),
    tool: { ...tool(), target: `${target.product} ${target.version}` },
    details: {
      verdict,
      checks: checks.map(({ seconds: _clock, ...check }) => check) as unknown as Json,
      comparisons: comparisons as unknown as Json,
      keptOutBy: keptOutBy(inputs),
      ...(replays.length === 0 ? {} : { base: { ...base }, replays: replays.map((one) => ({ ...one })) }),
      mixedSnapshots: mixtureOf(inputs.snapshots) !== undefined,
      oneMoment: isOneMoment(inputs.snapshots),
      ...(sampleDrift === undefined ? {} : { sampleDrift }),
    },
  });
}

// Only for the record: validate is never up to date.
function fingerprint(run: Run, { inputs }: Validated) {
  const { expect, relationships, key } = inputs.table;
  return hashOf({
    program: "validate/1",
    migration: run.migration.id,
    acceptance: run.migration.acceptance as unknown as Json,
    expect: { expect, relationships, key: key ?? null } as unknown as Json,
    inputs: inputs.inputs as unknown as Json,
  });
}

function manifestVerdict(verdict: TableVerdict, checks: readonly Check[]): Verdict {
  if (verdict === "passed") return { code: 0, reasons: [] };
  return {
    code: 1,
    reasons: checks.filter((check) => check.verdict === (verdict === "failed" ? "failed" : "skipped")).map(reasonOf),
  };
}

/** A check in one sentence. */
export function reasonOf({ name, expected, actual, verdict, note }: Check): string {
  if (verdict === "skipped") return `${name}: ${note ?? "it did not run"}`;
  return `${name}: expected ${expected}, found ${actual}${note === undefined ? "" : ` (${note})`}`;
}
