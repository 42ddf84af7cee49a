import type { DatabaseColumn } from "../../lib/databases/port.js";
import { readColumnType } from "../../lib/mapping/column-type.js";

/** A table under the name that the mapping gives it, with the columns of the target. */
export interface DescribedTable {
  readonly name: string;
  readonly columns: readonly DatabaseColumn[];
}

const head = [
  "# What the target's columns hold, as `waybill schema` read it from its catalog: put this into schema/target.yaml.",
  "# Every value is checked by it before the database sees one. `default`: the target fills the column in by itself.",
  "tables:",
];

/** The lines of schema/target.yaml. Columns that the target computes are left out: nothing can be loaded into them. */
export function targetLines(tables: readonly DescribedTable[]): readonly string[] {
  const lines = tables.flatMap(({ name, columns }) => [
    `  ${scalar(name)}:`,
    ...columns.filter(({ generated }) => !generated).map((column) => `    ${scalar(column.name)}: ${typeText(column)}`),
  ]);
  return [...head, ...lines];
}

function typeText({ databaseType, valueType = databaseType, nullable, identity, hasDefault }: DatabaseColumn): string {
  const isKnown = !("hint" in readColumnType(valueType));
  const words = [isKnown ? valueType : "any"];
  if (!nullable) words.push("not null");
  if (!nullable && (identity || hasDefault)) words.push("default");
  return isKnown ? scalar(words.join(" ")) : `${words.join(" ")} # ${databaseType.replace(/\s+/g, " ")}`;
}

/** Text that YAML would read as something else, in quotes. */
function scalar(text: string): string {
  return /^(?!null$)[a-z_][\w .,()']*$/i.test(text) ? text : JSON.stringify(text);
}
