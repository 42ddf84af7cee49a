import { describeColumn } from "./describe-column.js";
import type { Dedupe, Relationship, Table } from "./migration.js";
import { listed } from "./words.js";

/** A table's mapping as a data owner reads it aloud, a line a rule, in the order in which they are applied. */
export function describeTable(table: Table): readonly string[] {
  const { name, from, filters, rejects, columns, dedupe, relationships } = table;
  return [
    `${name}: made from the extract ${from}`,
    ...section(
      "Rows left out:",
      filters.map(({ sql, because }) => `those for which this is not true: ${sql.trim()}${why(because)}`),
    ),
    ...section(
      "Rows rejected:",
      rejects.map(({ when, reason, because }) => `${reason}: those for which ${when.trim()}${why(because)}`),
    ),
    ...(columns === "all"
      ? ["Columns: every column of the extract, as it is"]
      : section("Columns:", columns.map(describeColumn))),
    ...section("Duplicates:", dedupe === undefined ? [] : [describeDedupe(dedupe)]),
    ...section("References:", relationships.map(describeRelationship)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

const why = (because: string | undefined): string => (because === undefined ? "" : ` — because ${because}`);

function describeDedupe({ by, keep, order, because }: Dedupe): string {
  const kept = order.length === 0 ? `the ${keep} one` : `the ${keep} one by ${listed(order)}`;
  return `of rows with the same ${listed(by)}, ${kept} is kept${why(because)}`;
}

function describeRelationship({ column, parent, parentColumn, otherwise }: Relationship): string {
  return `${column} is ${parentColumn} of a row of ${parent}; ${fates[otherwise]} where that row is not written`;
}

const fates: Readonly<Record<Relationship["otherwise"], string>> = {
  reject: "the row is rejected",
  null: "it becomes NULL",
  keep: "it stays as it is",
};
