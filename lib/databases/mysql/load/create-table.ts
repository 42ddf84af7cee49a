import type { Aspect } from "../../table-aspects.js";

/** A key or constraint of a table, as SHOW CREATE TABLE writes it: what follows ADD in an ALTER TABLE. */
export interface TableItem {
  readonly kind: "primary key" | "index" | "foreign key" | "check";
  readonly name: string;
  readonly text: string;
}

/** What SHOW CREATE TABLE says of a table. */
export interface TableText {
  /** Each column with all that belongs to it, in the table's order. */
  readonly columns: readonly string[];
  readonly items: readonly TableItem[];
  /** Engine, character set, comment, partitions; without the next number of AUTO_INCREMENT. */
  readonly options: string;
  /** The next number that AUTO_INCREMENT gives. */
  readonly nextNumber: string | undefined;
}

const itemShapes: readonly (readonly [RegExp, TableItem["kind"]])[] = [
  [/^PRIMARY KEY/, "primary key"],
  [/^(?:UNIQUE |FULLTEXT |SPATIAL |VECTOR )?KEY `((?:[^`]|``)+)`/, "index"],
  [/^CONSTRAINT `((?:[^`]|``)+)` FOREIGN KEY/, "foreign key"],
  [/^CONSTRAINT `((?:[^`]|``)+)` CHECK/, "check"],
];
const numbering = / AUTO_INCREMENT=(\d+)/;

/** Reads what SHOW CREATE TABLE printed. Each column and key has a line of its own: line feeds in texts are escaped. */
export function readCreateTable(text: string): TableText {
  const lines = text.split("\n");
  const end = lines.findLastIndex((line) => line.startsWith(")"));
  const inside = lines.slice(1, end).map((line) => line.trim().replace(/,$/, ""));
  const items = inside.flatMap((line) => itemOf(line) ?? []);
  const options = lines.slice(end).join("\n");
  return {
    columns: inside.filter((line) => itemOf(line) === undefined),
    items,
    options: options.replace(numbering, ""),
    nextNumber: numbering.exec(options)?.[1],
  };
}

function itemOf(text: string): TableItem | undefined {
  for (const [shape, kind] of itemShapes) {
    const found = shape.exec(text);
    if (found !== null) return { kind, name: (found[1] ?? "").replaceAll("``", "`"), text };
  }
  return undefined;
}

/**
 * The indexes that can be built after the rows have arrived: all but those that a table without primary key is sorted by,
 * and what AUTO_INCREMENT asks for.
 */
export function laterIndexes({ columns, items }: TableText): readonly TableItem[] {
  if (!items.some(({ kind }) => kind === "primary key")) return [];
  const numbered = /^`(?:[^`]|``)+`/.exec(columns.find((line) => line.includes(" AUTO_INCREMENT")) ?? "")?.[0];
  const isNeeded = ({ text }: TableItem): boolean => numbered !== undefined && text.includes(`(${numbered}`);
  return items.filter((item) => item.kind === "index" && !isNeeded(item));
}

/** The table as a list of what can get lost; the order of its keys is none of it, that of its columns is. */
export function aspectsOfText({ columns, items, options }: TableText): readonly Aspect[] {
  return [
    { kind: "columns", name: "", text: columns.join("\n") },
    { kind: "options", name: "", text: options },
    ...items.map(({ kind, name, text }) => ({ kind, name, text })),
  ];
}
