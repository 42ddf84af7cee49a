import { Readable } from "node:stream";
import type { CheckedTable, Checks, Comparison } from "../../lib/databases/checks-port.js";
import { openChecks } from "../../lib/databases/open-checks.js";
import { rowsOf } from "../../lib/files/csv-rows.js";
import { assertBound } from "../../lib/files/work-directory.js";
import { type CsvValue, encodeRow } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { targetUrl } from "../../lib/program/database-url.js";
import type { TraceOptions } from "./options.js";
import type { Tracing } from "./transforms.js";
import { unitRows } from "./unit-rows.js";

type Row = Readonly<Record<string, CsvValue>>;

/** A value of the target that is not, to its type, the one that was loaded. */
export interface ChangedValue {
  readonly column: string;
  readonly loaded: CsvValue;
  readonly now: CsvValue;
}

/** What the target holds now in place of a row that was loaded. */
export type TargetStory =
  | { readonly kind: "not asked"; readonly why: string }
  /** To the target's types it is the row that was loaded; `row` as they print it, null where nothing names it. */
  | { readonly kind: "equal"; readonly row: Row | null }
  /** `unit` is one that upserted the very row that is there now, by itself, whenever that was. */
  | {
      readonly kind: "changed";
      readonly row: Row | null;
      readonly columns: readonly ChangedValue[];
      readonly unit: string | null;
    }
  | { readonly kind: "missing" };

/** The target, reached when the first row asks for it. */
export interface LiveTarget {
  /** What it holds for a row that was loaded: its columns and values as they stand in the part. */
  ask(row: Row): Promise<TargetStory>;
  close(): Promise<void>;
}

type Reached = { readonly kind: "open"; readonly checks: Checks } | { readonly kind: "closed"; readonly why: string };

/** The target of a run, unless --no-target leaves it out. What keeps it from answering is told, and no error. */
export function liveTarget(tracing: Tracing, options: TraceOptions): LiveTarget {
  let target: Promise<Reached> | undefined;
  return {
    async ask(row) {
      if (!options.asksTarget) return { kind: "not asked", why: "left out, as --no-target asks" };
      target ??= reach(tracing, options);
      const reached = await target;
      if (reached.kind === "closed") return { kind: "not asked", why: reached.why };
      const story = await compareRow(reached.checks, tracing, row).catch(notAsked);
      return story.kind === "changed" ? await withUnit(reached.checks, tracing, { story, row }) : story;
    },
    async close() {
      const reached = await target?.catch(() => undefined);
      if (reached?.kind === "open") await reached.checks.close();
    },
  };
}

type Changed = Extract<TargetStory, { readonly kind: "changed" }>;

async function withUnit(
  checks: Checks,
  tracing: Tracing,
  { story, row }: { readonly story: Changed; readonly row: Row },
): Promise<Changed> {
  for await (const { unit, row: own } of unitRows(tracing, row))
    if ((await compareRow(checks, tracing, own).catch(notAsked)).kind === "equal") return { ...story, unit };
  return story;
}

async function reach({ migration, work, context }: Tracing, { target }: TraceOptions): Promise<Reached> {
  try {
    const url = targetUrl({ migration, options: { sources: [], target }, context });
    const checks = await openChecks(url, { application: "waybill/trace" });
    try {
      await assertBound(work, { migration: migration.id, target: checks.identity.identity });
      return { kind: "open", checks };
    } catch (error) {
      await checks.close();
      throw error;
    }
  } catch (error) {
    // Another target than that of the run is nobody's bad luck: what it holds would say nothing.
    if (error instanceof StageError && error.kind === "integrity") throw error;
    return { kind: "closed", why: notAsked(error).why };
  }
}

function notAsked(error: unknown): Extract<TargetStory, { readonly kind: "not asked" }> {
  if (error instanceof StageError) return { kind: "not asked", why: error.message };
  throw error;
}

async function compareRow(checks: Checks, { table }: Tracing, row: Row): Promise<TargetStory> {
  const columns = Object.keys(row);
  const part = {
    name: "the row",
    hash: "",
    rowCount: 1,
    open: () => Readable.from([Buffer.from(encodeRow(Object.values(row)))], { objectMode: false }),
  };
  const request = { table: table.name, columns, key: table.key, allRows: false, parts: [part] };
  return await checks.checkTable(request, async (checked) => {
    const comparison = await checked.compare();
    if (comparison.missing > 0) return { kind: "missing" };
    const now = await rowNow(checked, comparison, columns);
    if (comparison.changed === 0) return { kind: "equal", row: now };
    return { kind: "changed", row: now, columns: await changedValues(checked, comparison), unit: null };
  });
}

async function rowNow(checked: CheckedTable, comparison: Comparison, columns: readonly string[]): Promise<Row | null> {
  if (comparison.pairedBy.length === 0) return null;
  let now: Row | null = null;
  for await (const row of rowsOf(checked.pairedRows(comparison, 1).rows))
    now = Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null]));
  return now;
}

async function changedValues(checked: CheckedTable, comparison: Comparison): Promise<readonly ChangedValue[]> {
  const changed: ChangedValue[] = [];
  // A line for each column at the most, and no table has more than 1,600 of these.
  const { rows } = checked.differences(comparison, 10_000);
  for await (const [, , column = null, loaded = null, now = null] of rowsOf(rows))
    if (column !== null) changed.push({ column, loaded, now });
  return changed;
}
