import type { Comparison } from "../../lib/databases/checks-port.js";
import { queryExtract } from "../../lib/mapping/query.js";
import { counted } from "../../lib/mapping/words.js";
import { type TransformCounts, unexplained } from "../../lib/model/counts.js";
import type { Manifest } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import { type Check, equality } from "./check.js";
import { driftCheck, type QueriedCounts, queriedChecks, queriedCounts } from "./drift.js";
import type { ValidateInputs } from "./inputs.js";
import { acceptedRejects } from "./thresholds.js";

/** Where the rows of one extract went, from the source as it is now to what transform wrote. */
export interface ExtractReconciliation extends TransformCounts {
  readonly extract: string;
  /** undefined: the source was not asked. */
  readonly sourceNow: number | undefined;
  readonly snapshot: number;
}

/** Rejected rows that were corrected, and where they went then. */
export interface ReplayCounts extends TransformCounts {
  readonly name: string;
}

/** Where a table's rows are, from the source as it is now to the target as it is now: the sums over its extracts. */
export interface Reconciliation extends Omit<ExtractReconciliation, "extract"> {
  /** Of a table made by a query, its result alone: what it read stands in `queried`. */
  readonly extracts: readonly ExtractReconciliation[];
  /** What the run alone made of the rows, before any was replayed; the counts above are those of both together. */
  readonly base: TransformCounts;
  /** What became of the rows of each replay. */
  readonly replays: readonly ReplayCounts[];
  readonly queried: readonly QueriedCounts[];
  readonly loaded: number;
  readonly quarantined: number;
  /** Rows that a unit only read to settle the fate of others. */
  readonly leftAlone: number;
  readonly target: number;
  /** What no rule accounts for, at all steps together, without regard to sign. */
  readonly unexplained: number;
}

/** What the source (of each extract; nothing where it was not asked) and the target say now. */
export interface CountedNow {
  readonly sources: readonly number[];
  readonly target: number;
}

/** Puts the counts of all stages side by side. */
export function reconcile(inputs: ValidateInputs, { sources, target }: CountedNow): Reconciliation {
  const { load } = inputs;
  const queried = inputs.table.query === undefined ? [] : queriedCounts(inputs, sources);
  const extracts =
    inputs.table.query === undefined
      ? inputs.extracts.map((one, index) => reconcileExtract(inputs, one.manifest, sources[index]))
      : [resultCounts(inputs, queryExtract(inputs.table.query))];
  const [loaded, quarantined, leftAlone] = [
    countOf(load, "loaded"),
    countOf(load, "quarantined"),
    countOf(load, "leftAlone"),
  ];
  const sum = (name: keyof TransformCounts | "snapshot"): number =>
    extracts.reduce((total, one) => total + one[name], 0);
  const written = sum("written");
  const steps = [
    ...extracts.flatMap((one) => [one.snapshot - one.read, unexplained(one)]),
    ...queried.map((one) => one.snapshot - one.read),
    written - loaded - quarantined - leftAlone,
    loaded - target,
  ];
  return {
    extracts,
    base: countsOf(inputs.transform),
    replays: inputs.replays.map(({ name, transform }) => ({ name, ...countsOf(transform) })),
    queried,
    sourceNow:
      queried.length > 0 || sources.length === 0 ? undefined : sources.reduce((total, count) => total + count, 0),
    snapshot: sum("snapshot"),
    read: sum("read"),
    filtered: sum("filtered"),
    rejected: sum("rejected"),
    deduplicated: sum("deduplicated"),
    written,
    loaded,
    quarantined,
    leftAlone,
    target,
    unexplained: steps.reduce((total, step) => total + Math.abs(step), 0),
  };
}

function reconcileExtract(
  inputs: ValidateInputs,
  extract: Manifest,
  sourceNow: number | undefined,
): ExtractReconciliation {
  return { ...resultCounts(inputs, extract._waybill.subject), sourceNow, snapshot: countOf(extract, "read") };
}

/** What the run and its replays made of the rows of an extract, or of a query's result, which no other stage counts. */
function resultCounts({ transform, replays }: ValidateInputs, extract: string): ExtractReconciliation {
  const replayed = replays.map((replay) => statedOf(replay.transform, extract));
  const counts = replayed.reduce(withReplay, statedOf(transform, extract));
  return { extract, sourceNow: undefined, snapshot: counts.read, ...counts };
}

function statedOf({ _waybill }: Manifest, extract: string): TransformCounts {
  const stated = (_waybill.details.extracts ?? []) as readonly Readonly<Record<string, string | number>>[];
  const counts = stated.find((one) => one.extract === extract) ?? {};
  return countsFrom((name) => Number(counts[name] ?? 0));
}

function countsOf(manifest: Manifest): TransformCounts {
  return countsFrom((name) => countOf(manifest, name));
}

function countsFrom(count: (name: keyof TransformCounts) => number): TransformCounts {
  return {
    read: count("read"),
    filtered: count("filtered"),
    rejected: count("rejected"),
    deduplicated: count("deduplicated"),
    written: count("written"),
  };
}

// The rows that a replay read were rejected before: they leave that count and go where the replay put them.
function withReplay(before: TransformCounts, replay: TransformCounts): TransformCounts {
  return {
    read: before.read,
    filtered: before.filtered + replay.filtered,
    rejected: before.rejected - replay.read + replay.rejected,
    deduplicated: before.deduplicated + replay.deduplicated,
    written: before.written + replay.written,
  };
}

function countOf({ _waybill }: Manifest, name: string): number {
  return _waybill.counts[name] ?? 0;
}

/** The checks of the counts. A source that went on since the extract has drifted, which is no loss. */
export function countChecks(
  { migration, unit }: Pick<Run, "migration" | "unit">,
  inputs: ValidateInputs,
  counts: Reconciliation,
  why?: string,
): readonly Check[] {
  const { written, loaded, target, quarantined, leftAlone } = counts;
  return [
    ...counts.queried.flatMap((one) => queriedChecks(one, why)),
    ...counts.extracts.flatMap((one) => {
      const named = (name: string): string => (counts.extracts.length === 1 ? name : `${name}: ${one.extract}`);
      // A unit has just been read from the source, and only in part: nothing can have drifted. Of a query's result the
      // source knows nothing.
      const drifts = unit === undefined && counts.queried.length === 0;
      return [...(drifts ? [driftCheck(one, why)] : []), ...extractChecks(one, counts)].map((check) => ({
        ...check,
        name: named(check.name),
      }));
    }),
    leftAlone === 0
      ? equality("written = loaded + quarantined", written, loaded + quarantined)
      : equality("written = loaded + quarantined + left alone", written, loaded + quarantined + leftAlone),
    equality("rows in the target", loaded, target),
    equality("unexplained variance", 0, counts.unexplained),
    ...acceptedRejects(migration.acceptance, counts),
    ...Object.entries(inputs.table.expect.counts).map(([name, expected]) =>
      equality(`declared count: ${name}`, expected, declaredCount(counts, name)),
    ),
  ];
}

/** Whether all rows of the target, those of others among them, are as many as when ours were loaded. Others may write. */
export function othersChecks(
  { table, load }: ValidateInputs,
  { expected, missing, actual }: Comparison,
): readonly Check[] {
  if (table.load.mode === "replace") return [];
  const others = actual - (expected - missing);
  const all = countOf(load, "before") + countOf(load, "inserted");
  const note = `${counted(others, "row")} of others beside ours`;
  return [{ ...equality("all rows in the target, now and when it was loaded", all, actual, "warned"), note }];
}

function declaredCount(counts: TransformCounts, name: string): number {
  return ({ ...countsFrom((one) => counts[one]) } as Readonly<Record<string, number>>)[name] ?? 0;
}

function extractChecks(one: ExtractReconciliation, { queried }: Reconciliation): readonly Check[] {
  const { snapshot, read, filtered, rejected, deduplicated, written } = one;
  return [
    ...(queried.length > 0 ? [] : [equality("rows extracted and read by transform", snapshot, read)]),
    equality("read = filtered + rejected + deduplicated + written", read, filtered + rejected + deduplicated + written),
  ];
}

/** How many rows each rule kept out, as transform counted them. */
export function keptOutBy({ transform, replays }: ValidateInputs): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  const add = (rule: string, count: number) => counts.set(rule, (counts.get(rule) ?? 0) + count);
  for (const { _waybill } of [transform, ...replays.map((replay) => replay.transform)])
    for (const rule of (_waybill.details.rules ?? []) as readonly Readonly<Record<string, string | number>>[])
      add(String(rule.rule), kept(rule));
  // A replayed row was kept out by the rule that rejected it first; now it counts where the replay put it.
  for (const { _waybill } of replays.flatMap(({ extracts }) => extracts))
    for (const [rule, count] of Object.entries((_waybill.details.rejectedBy ?? {}) as Readonly<Record<string, number>>))
      add(rule, -count);
  return Object.fromEntries([...counts].filter(([, count]) => count > 0));
}

function kept(rule: Readonly<Record<string, string | number>>): number {
  return ["filtered", "rejected", "deduplicated"].reduce((sum, name) => sum + Number(rule[name] ?? 0), 0);
}

/** What the check of the sample is called. */
export const sampleName = "sample of source rows, mapped anew, in the target";
