import type { Extract } from "../mapping/migration.js";
import { join, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { Sql } from "../model/names.js";
import type { CopyRequest, DatabaseColumn, Selection, SourceTable } from "./port.js";

/** How a database says what every source is asked: each adapter has one, all statements are put together here alike. */
export interface SourceDialect {
  identifier(name: string): Sql;
  literal(text: string): Sql;
  /** A table's name as a specification writes it, in quotes. */
  qualified(table: string): Sql;
  /** A column of `source` as it sorts and compares: numbers by value, text by bytes. */
  sortable(column: DatabaseColumn): Sql;
  /** The same where it is sorted by: NULL first. */
  sorted(column: DatabaseColumn): Sql;
  /** A value, given as it stands in the file, to be compared with `sortable`. */
  typed(column: DatabaseColumn, value: string): Sql;
  /** The column is one of these values, which are not NULL; an index serves where there is one. */
  among(column: DatabaseColumn, values: readonly string[]): Sql;
  /** A column of `source` as the text that stands in the file. */
  fileText(column: DatabaseColumn): Sql;
  /** Text that is told apart byte by byte. */
  byBytes(text: Sql): Sql;
  /** An order of texts that has nothing to do with what they say, the same in every database: by their SHA-256. */
  scattered(text: Sql): Sql;
  /** The calendar's periods in which a date column has rows, NULL first: how to list them, and the condition of each line. */
  periods(
    from: SourceRelation,
    partBy: NonNullable<Extract["partBy"]>,
  ): { readonly list: Sql; readonly where: (line: readonly (string | null)[]) => Sql };
}

/** What an extract reads from, before any selection: a table, or the specification's own SELECT, and its `where`. */
export function relation({ dialect, extract, table }: SourceRelation): Sql {
  const whole = wholeRelation(dialect, extract);
  if (extract.where === undefined) return whole;
  // By name: `*` leaves out columns that are invisible.
  const columns = join(
    table.columns.map(({ name }) => dialect.identifier(name)),
    ", ",
  );
  return sql`(SELECT ${columns} FROM ${whole} AS whole WHERE ${parenthesised(extract.where)})`;
}

/** The same without its `where`: to count what that leaves out. */
export function wholeRelation(dialect: SourceDialect, extract: Extract): Sql {
  return extract.from.kind === "table" ? dialect.qualified(extract.from.table) : parenthesised(extract.from.sql);
}

/** SQL of the specification, on lines of its own, so that a trailing comment cannot swallow the closing parenthesis. */
export function parenthesised(text: string): Sql {
  return `(\n${text.replace(/;\s*$/, "")}\n)` as Sql;
}

/** The column of that name. Throws "specification", listing those there are. */
export function columnOf(table: SourceTable, name: string): DatabaseColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new StageError(
    "specification",
    `the extract has no column ${name}`,
    `its columns are ${table.columns.map(({ name }) => name).join(", ")}`,
  );
}

/** Whether a row of the extract may hold NULL in a column. */
export function mayBeNull({ nullable, holdsNull }: DatabaseColumn): boolean {
  return nullable && holdsNull !== false;
}

/** An extract as its source described it, and the words of its database. */
export interface SourceRelation {
  readonly dialect: SourceDialect;
  readonly extract: Extract;
  readonly table: SourceTable;
}

/** The condition of the rows to be copied: those of the range that are in the selection. */
export function requestWhere(dialect: SourceDialect, { extract, table, range, selection }: CopyRequest): Sql {
  const selected = selectionWhere({ dialect, extract, table }, selection);
  return range === undefined ? selected : sql`${range.where} AND ${selected}`;
}

/** The condition a selection means, over the relation's columns. */
export function selectionWhere(from: SourceRelation, selection: Selection): Sql {
  switch (selection.kind) {
    case "all":
      return sql`true`;
    case "key":
      return allOf(Object.entries(selection.values).map(([name, value]) => equals(from, name, value)));
    case "keys":
      return keysWhere(from, selection);
    case "sample":
      return sampleWhere(from, selection.rowCount);
    case "matching":
      return matchingWhere(from, selection);
    case "texts":
      return textsWhere(from, selection);
    case "any":
      return anyOf(selection.of.map((one) => selectionWhere(from, one)));
    default:
      return selection satisfies never;
  }
}

/** A condition that any of these fulfils; no row, where there are none. */
export function anyOf(conditions: readonly Sql[]): Sql {
  return sql`(${join([sql`false`, ...conditions], " OR ")})`;
}

function allOf(conditions: readonly Sql[]): Sql {
  return sql`(${join(conditions, " AND ")})`;
}

function equals({ dialect, table }: SourceRelation, name: string, value: string | null): Sql {
  const column = columnOf(table, name);
  return value === null ? sql`${dialect.sortable(column)} IS NULL` : dialect.among(column, [value]);
}

function keysWhere(from: SourceRelation, { columns, rows }: Selection & { readonly kind: "keys" }): Sql {
  const [only] = columns;
  const values = rows.flatMap(([value]) => value ?? []);
  // One IN list lets an index serve; an OR of a thousand conditions would not.
  if (columns.length === 1 && only !== undefined && values.length === rows.length)
    return rows.length === 0 ? sql`false` : from.dialect.among(columnOf(from.table, only), values);
  return anyOf(rows.map((row) => allOf(columns.map((name, index) => equals(from, name, row[index] ?? null)))));
}

function sampleWhere(from: SourceRelation, rowCount: number): Sql {
  const [key, limit] = [keyText(from), String(rowCount) as Sql];
  // LIMIT on a level of its own: MySQL takes none right below IN.
  return sql`${key} IN (SELECT chosen FROM (SELECT chosen FROM
    (SELECT DISTINCT ${key} AS chosen FROM ${relation(from)} AS source) AS keyed
    ORDER BY ${from.dialect.scattered(sql`chosen`)}, chosen LIMIT ${limit}) AS sampled)`;
}

// Through text on both sides: a key may be an integer here and a text there.
function matchingWhere(from: SourceRelation, selection: Selection & { readonly kind: "matching" }): Sql {
  const other = { dialect: from.dialect, extract: selection.of, table: selection.table };
  const where = selectionWhere(other, selection.selection);
  return sql`(${texts(from, selection.columns)}) IN
    (SELECT ${texts(other, selection.otherColumns)} FROM ${relation(other)} AS source WHERE ${where})`;
}

function textsWhere(from: SourceRelation, { columns, rows }: Selection & { readonly kind: "texts" }): Sql {
  if (rows.length === 0) return sql`false`;
  const values = rows.map((row) => sql`(${join(row.map(from.dialect.literal), ", ")})`);
  return sql`(${texts(from, columns)}) IN (${join(values, ", ")})`;
}

function texts({ dialect, table }: SourceRelation, names: readonly string[]): Sql {
  return join(
    names.map((name) => dialect.byBytes(sql`coalesce(${dialect.fileText(columnOf(table, name))}, '')`)),
    ", ",
  );
}

/** A key as one text, never NULL. */
function keyText({ dialect, table }: SourceRelation): Sql {
  const values = table.key.map((name) => escapedText(dialect.fileText(columnOf(table, name))));
  return dialect.byBytes(rowText(values));
}

/** The unambiguous text of a row: its values, each escaped, with `|,` between them. CONCAT_WS alone would be ambiguous. */
export function rowText(values: readonly Sql[]): Sql {
  return sql`concat_ws('|,', ${join(values, ", ")})`;
}

/** A text as it stands in a row's text: `|` is written `|p` there, and NULL `|n`. */
export function escapedText(text: Sql): Sql {
  return sql`coalesce(replace(${text}, '|', '|p'), '|n')`;
}
