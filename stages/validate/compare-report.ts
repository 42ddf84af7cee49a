import { text } from "node:stream/consumers";
import type { CheckedTable } from "../../lib/databases/checks-port.js";
import type { Source } from "../../lib/databases/port.js";
import { parseRows } from "../../lib/files/csv-rows.js";
import type { ReportComparison } from "../../lib/mapping/expectations.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { isBeyond } from "../../lib/model/decimal.js";
import { StageError } from "../../lib/model/errors.js";
import { extractName } from "../../lib/model/names.js";
import { type Check, skipped } from "./check.js";
import { answerOr, type LiveSource } from "./live-source.js";

/** A line of differences.csv.gz: kind, key, column, expected, actual. */
export type DifferenceLine = readonly CsvValue[];

export interface ReportChecked {
  readonly check: Check;
  readonly differences: readonly DifferenceLine[];
}

/** A report's lines as one side gives them. */
export interface ReportRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CsvValue[])[];
}

/** Asks both sides for the figures of a report, each in its own SQL, and compares them line by line. */
export async function checkReport(
  report: ReportComparison,
  { live, checked }: { readonly live: LiveSource; readonly checked: CheckedTable },
): Promise<ReportChecked> {
  const name = `report: ${report.name}`;
  const left = (why: string) => ({ check: skipped(name, "equal figures", why), differences: [] });
  if (live.kind === "closed") return left(live.why);
  const asked = await answerOr(async () => ({ kind: "asked", ...(await sourceRows(live.source, report)) }) as const);
  if (asked.kind === "closed") return left(asked.why);
  const { figures, differences } = compareReports(report, asked, await targetRows(checked, report));
  const failed = report.severity === "warn" ? "warned" : "failed";
  const within = report.withinPercent === 0 ? "" : ` within ${report.withinPercent} %`;
  const check: Check = {
    name,
    expected: `${figures} equal figures${within}`,
    actual: `${differences.length} differ`,
    verdict: differences.length === 0 ? "passed" : failed,
    note: "of the source as it is now",
  };
  return { check, differences };
}

async function sourceRows(source: Source, { name, of, source: sql }: ReportComparison): Promise<ReportRows> {
  const extract = {
    name: extractName(name),
    source: of,
    from: { kind: "select", sql },
    where: undefined,
    key: undefined,
    watermark: undefined,
    rowChecksum: false,
    partRows: Number.MAX_SAFE_INTEGER,
    partBy: undefined,
    invalidText: "refuse",
  } as const;
  const table = await source.describe(extract);
  let rows: ReportRows["rows"] = [];
  const all = { extract, table, range: undefined, selection: { kind: "all" } } as const;
  await source.copy(all, async (copy) => {
    rows = parseRows(await text(copy.rows));
  });
  return { columns: table.columns.map((column) => column.name), rows };
}

async function targetRows(checked: CheckedTable, report: ReportComparison): Promise<ReportRows> {
  const { columns, rows } = await checked.select(report.target);
  return { columns, rows: parseRows(await text(rows.rows)) };
}

/** How many figures the source gives, and a line for each that the target does not give as the report allows. */
export function compareReports(
  report: ReportComparison,
  source: ReportRows,
  target: ReportRows,
): { readonly figures: number; readonly differences: readonly DifferenceLine[] } {
  const kind = `report: ${report.name}`;
  const [expected, actual] = [linesOf(report, source, "source"), linesOf(report, target, "target")];
  const names = source.columns.filter((name) => !report.by.includes(name));
  for (const name of target.columns) if (!source.columns.includes(name)) throw unlike(report, name, "target");
  for (const name of source.columns) if (!target.columns.includes(name)) throw unlike(report, name, "source");
  const differences = [...new Set([...expected.keys(), ...actual.keys()])].flatMap((key) => {
    const [left, right] = [expected.get(key), actual.get(key)];
    return names.flatMap((name) => {
      const [wanted, found] = [left?.get(name), right?.get(name)];
      return isSame(wanted, found, report.withinPercent) ? [] : [[kind, key, name, wanted ?? null, found ?? null]];
    });
  });
  return { figures: expected.size * names.length, differences };
}

// NULL is a figure too, and a line that is not there is none.
function isSame(expected: CsvValue | undefined, actual: CsvValue | undefined, percent: number): boolean {
  if (expected == null || actual == null) return expected === actual;
  const beyond = isBeyond(expected, actual, percent);
  return beyond === undefined ? expected === actual : !beyond;
}

type Lines = ReadonlyMap<string, ReadonlyMap<string, CsvValue>>;

function linesOf(report: ReportComparison, { columns, rows }: ReportRows, side: string): Lines {
  const unknown = report.by.find((name) => !columns.includes(name));
  if (unknown !== undefined)
    throw new StageError(
      "specification",
      `report ${report.name}: by: ${unknown} is no column of its ${side} query`,
      `its columns are ${columns.join(", ")}`,
    );
  const lines = new Map<string, ReadonlyMap<string, CsvValue>>();
  for (const row of rows) {
    const values = new Map(columns.map((name, index) => [name, row[index] ?? null]));
    const key = report.by.map((name) => values.get(name) ?? null);
    const named = key.length === 1 ? String(key[0]) : JSON.stringify(key);
    if (lines.has(named))
      throw new StageError(
        "specification",
        `report ${report.name}: two lines of its ${side} query share one value of by: (${report.by.join(", ")})`,
        "name the columns that tell its lines apart: by: [month]",
      );
    lines.set(named, values);
  }
  return lines;
}

function unlike({ name }: ReportComparison, column: string, side: string): StageError {
  return new StageError(
    "specification",
    `report ${name}: only its ${side} query has a column ${column}`,
    "give the columns of both the same names",
  );
}
