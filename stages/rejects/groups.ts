import { withCommas } from "../../lib/mapping/words.js";
import type { RejectGroup } from "../../lib/model/reject-groups.js";
import { columnWidths, tableLine } from "../../lib/program/text-table.js";

/** The groups as a table. */
export function groupLines(groups: readonly RejectGroup[]): readonly string[] {
  const rows = groups.map(({ rule, reason, because, rowCount }) => [withCommas(rowCount), rule, reason, because ?? ""]);
  const lines = [["rows", "rule", "reason", "because"], ...rows];
  // The business rule stands last and is never cut.
  const widths = columnWidths(lines, 1000);
  return lines.map((cells) => tableLine(cells, widths));
}

/** A group as one line of JSON. */
export function groupJson({ rule, reason, because, rowCount }: RejectGroup): string {
  return JSON.stringify({ rows: rowCount, rule, reason, because: because ?? null });
}
