import type { CsvValue } from "./csv-dialect.js";

/** Rows that one rule rejected for one reason, and the business rule behind it. */
export interface RejectGroup {
  readonly rule: string;
  readonly reason: string;
  readonly because: string | undefined;
  readonly rowCount: number;
}

/**
 * Groups rejected rows by rule and reason, the largest group first and equal ones by name. `columns` are those of the
 * file, `rules` what the manifest says of each rule.
 */
export async function groupRejects(
  rows: AsyncIterable<readonly CsvValue[]>,
  columns: readonly string[],
  rules: readonly Readonly<Record<string, unknown>>[],
): Promise<readonly RejectGroup[]> {
  const [rule, reason] = [columns.indexOf("_rule"), columns.indexOf("_reason")];
  const counts = new Map<string, number>();
  for await (const row of rows) {
    const group = JSON.stringify([row[rule] ?? "", row[reason] ?? ""]);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const groups = [...counts].map(([group, rowCount]): RejectGroup => {
    const [name = "", why = ""] = JSON.parse(group) as readonly string[];
    const because = rules.find((one) => one.rule === name)?.because;
    return { rule: name, reason: why, because: because === undefined ? undefined : String(because), rowCount };
  });
  return groups.sort((a, b) => b.rowCount - a.rowCount || compare(a.rule, b.rule) || compare(a.reason, b.reason));
}

// By code unit, which is the same on every machine.
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
