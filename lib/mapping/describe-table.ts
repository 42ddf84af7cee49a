import { describeColumn } from "./describe-column.js";
import type { Dedupe, Otherwise, Query, Relationship, Step, Table } from "./migration.js";
import { listed, spoken } from "./words.js";

/** A table's mapping as a data owner reads it aloud, a line a rule, in the order in which they are applied. */
export function describeTable(table: Table): readonly string[] {
  const { name, extracts, query, steps, filters, rejects, columns, dedupe, relationships } = table;
  return [
    query === undefined
      ? `${name}: made from the extract${extracts.length === 1 ? "" : "s"} ${listed(extracts)}`
      : `${name}: made by a query over the extract${query.reads.length === 1 ? "" : "s"} ${listed(query.reads)}`,
    ...section("The query:", query === undefined ? [] : describeQuery(query)),
    ...section(
      "Steps, before all else:",
      steps.map((step) => describeStep(step, extracts.length > 1)),
    ),
    ...section(
      "Rows left out:",
      filters.map(
        ({ sql, extract, because }) => `${of(extract)}those for which this is not true: ${sql.trim()}${why(because)}`,
      ),
    ),
    ...section(
      "Rows rejected:",
      rejects.map(
        ({ when, reason, extract, because }) =>
          `${reason}: ${of(extract)}those for which ${when.trim()}${why(because)}`,
      ),
    ),
    ...(columns === "all"
      ? [
          `Columns: every column of the ${query === undefined ? "extract" : "query"}${steps.length === 0 ? ", as it is" : " and of the steps"}`,
        ]
      : section("Columns:", columns.map(describeColumn))),
    ...section("Duplicates:", dedupe === undefined ? [] : [describeDedupe(dedupe)]),
    ...section("References:", relationships.flatMap(describeRelationship)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

const of = (extract: string | undefined): string => (extract === undefined ? "" : `of ${extract} `);

const why = (because: string | undefined): string => (because === undefined ? "" : ` — because ${because}`);

function describeQuery({ sql, lineage }: Query): readonly string[] {
  const rows =
    lineage === undefined
      ? "its rows are of no row of an extract alone"
      : `${lineage.column} says of which row of ${lineage.of} each row is`;
  return [...sql.split("\n"), rows];
}

function describeStep({ kind, file, adds, replaces, because }: Step, isOfUnion: boolean): string {
  const made = [
    ...(adds.length === 0 ? [] : [`adds ${listed(adds)}`]),
    ...(replaces.length === 0 ? [] : [`stands in for ${listed(replaces)}`]),
    kind === "row" ? "may reject the row" : "may leave rows out",
  ];
  const all = isOfUnion ? "all rows of an extract at once" : "all rows at once";
  return `${file}, over ${kind === "row" ? "each row" : all}: ${made.join("; ")}${why(because)}`;
}

function describeDedupe({ by, keep, order, tieBreak, because }: Dedupe): string {
  const sorted = [...order, ...tieBreak].map(
    ({ column, descending }) => `the ${descending ? "largest" : "smallest"} ${column}`,
  );
  const place = keep === "last" && order.length === 0 ? " in the order of the source" : "";
  const decided =
    sorted.length === 0 ? "" : `: ${keep === "most_complete" ? "of equals " : ""}${sorted.join(", then ")}`;
  return `of rows with the same ${listed(by)}, the ${keep.replace("_", " ")} one${place} is kept${decided}${why(because)}`;
}

// What `references` says stands with its column.
function describeRelationship({
  column,
  parent,
  parentColumn,
  translates,
  otherwise,
}: Relationship): readonly string[] {
  if (translates !== undefined) return [];
  return [`${column} is ${parentColumn} of a row of ${parent}; ${fate(otherwise)} where that row is not written`];
}

function fate(otherwise: Otherwise): string {
  switch (otherwise.kind) {
    case "reject":
      return "the row is rejected";
    case "keep":
      return "it stays as it is";
    case "value":
      return `it becomes ${spoken(otherwise.value)}`;
    default:
      return otherwise satisfies never;
  }
}
