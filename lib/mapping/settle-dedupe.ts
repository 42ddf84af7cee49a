import { ruleName } from "../model/names.js";
import type { Dedupe, SortColumn } from "./migration.js";
import type { ParsedTable } from "./table-schema.js";

/** What a table's file says of duplicates, with every direction settled: the row that sorts first is kept. */
export function settleDedupe(parsed: ParsedTable["dedupe"]): Dedupe | undefined {
  if (parsed === undefined) return undefined;
  const { by, keep, order = [], tie_break: tieBreak = [], because } = parsed;
  return {
    rule: ruleName("dedupe"),
    by,
    keep,
    order: order.map((text) => sortColumn(text, keep)),
    tieBreak: tieBreak.map((text) => sortColumn(text, "first")),
    because,
  };
}

// `updated_at desc`; without a word as `keep` says. A column whose own name ends in such a word is followed by another.
function sortColumn(text: string, keep: Dedupe["keep"]): SortColumn {
  const [, column = text, word] = /^(.*\S)\s+(asc|desc)$/is.exec(text) ?? [];
  switch (keep) {
    case "latest":
    case "most_complete":
      return { column, descending: word?.toLowerCase() !== "asc" };
    case "first":
      return { column, descending: word?.toLowerCase() === "desc" };
    case "last":
      // Sorted as written, the last row is the first one of the opposite order.
      return { column, descending: word?.toLowerCase() !== "desc" };
    default:
      return keep satisfies never;
  }
}
