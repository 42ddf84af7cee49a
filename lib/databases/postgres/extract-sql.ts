import type { Extract } from "../../mapping/migration.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn, Selection, SourceTable } from "../port.js";
import { identifier, identifiers, joined, literal, qualified, sql, trusted } from "./identifiers.js";
import { baseType, copiedText, rowText } from "./row-text.js";

/** What an extract reads from, before any selection: a table, or the specification's own SELECT, and its `where`. */
export function relation(extract: Extract): Sql {
  const whole = wholeRelation(extract);
  return extract.where === undefined
    ? whole
    : sql`(SELECT * FROM ${whole} AS whole WHERE ${parenthesised(extract.where)})`;
}

/** The same without its `where`: to count what that leaves out. */
export function wholeRelation(extract: Extract): Sql {
  return extract.from.kind === "table" ? qualified(extract.from.table) : parenthesised(extract.from.sql);
}

// On lines of its own, so that a trailing comment cannot swallow the closing parenthesis.
function parenthesised(text: string): Sql {
  return trusted(`(\n${text.replace(/;\s*$/, "")}\n)`);
}

/** The order of rows everywhere: numbers by value, text by bytes, NULL first; ties broken by all columns. */
export function rowOrder(table: SourceTable): Sql {
  const others = table.keyIsUnique ? [] : table.columns.filter(({ name }) => !table.key.includes(name));
  return joined([keyOrder(table.key.map((name) => columnOf(table, name))), ...others.map(tieOrder)]);
}

/** Key columns in order. COLLATE and NULLS FIRST stand only where they change something: an index may serve then. */
export function keyOrder(columns: readonly DatabaseColumn[]): Sql {
  return joined(columns.map((column) => (mayBeNull(column) ? sql`${sortable(column)} NULLS FIRST` : sortable(column))));
}

/** Whether a row of the extract may hold NULL in a column. */
export function mayBeNull({ nullable, holdsNull }: DatabaseColumn): boolean {
  return nullable && holdsNull !== false;
}

/** Types of text whose own comparison, byte by byte, is the comparison of the text they are written as. */
const comparesAsText = new Set(["text", "character varying", "uuid"]);

// Types without an order of their own (json, point, xml) sort by their text, by its bytes, and so do those whose order is
// another (char leaves out blanks at the end, an enum goes by its definition). Plain text does so by itself: format() for
// six columns took as long as everything else together, 0.7 s for 250,000 rows.
function tieOrder(column: DatabaseColumn): Sql {
  if (column.type !== "string" || comparesAsText.has(baseType(column.databaseType)))
    return sql`${sortable(column)} NULLS FIRST`;
  return sql`${source(column)} IS NOT NULL, format('%s', ${source(column)}) COLLATE "C"`;
}

/** A key column as it sorts and compares. */
export function sortable(column: DatabaseColumn): Sql {
  return column.sortsByBytes ? source(column) : sql`${source(column)} COLLATE "C"`;
}

// A bare name in ORDER BY means the output column, which is text here and sorts 10 before 9.
function source(column: DatabaseColumn): Sql {
  return sql`source.${identifier(column.name)}`;
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

/**
 * The statement whose CSV is a part: every column as text, in row order, and the row checksum where the extract has one.
 * The ORDER BY keeps the subquery whole, so that each value is turned into text once, not twice.
 */
export function copyStatement(
  extract: Extract,
  table: SourceTable,
  options: { readonly where: Sql; readonly toUtf8: boolean },
): Sql {
  const texts = joined(table.columns.map((column) => sql`${copiedText(column)} AS ${identifier(column.name)}`));
  const checksum = extract.rowChecksum ? sql`, md5(${rowText(table.columns, options.toUtf8)})` : sql``;
  return sql`COPY (SELECT ${identifiers(table.columns.map(({ name }) => name))}${checksum} FROM
    (SELECT ${texts} FROM ${relation(extract)} AS source WHERE ${options.where} ORDER BY ${rowOrder(table)}) AS ordered)
    TO STDOUT (FORMAT csv, NULL '\\N')`;
}

/** The condition a selection means, over the relation's columns. */
export function selectionWhere(extract: Extract, table: SourceTable, selection: Selection): Sql {
  switch (selection.kind) {
    case "all":
      return sql`true`;
    case "key":
      return sql`(${joined(
        Object.entries(selection.values).map(([name, value]) => equals(columnOf(table, name), value)),
        " AND ",
      )})`;
    case "keys":
      return keysWhere(table, selection);
    case "sample":
      return sql`${keyText(table.key)} IN (SELECT ${keyText(table.key)} FROM ${relation(extract)} AS source
        GROUP BY 1 ORDER BY md5(${keyText(table.key)}), 1 LIMIT ${trusted(String(selection.rowCount))})`;
    case "matching":
      return matchingWhere(selection);
    case "texts":
      return textsWhere(selection);
    case "any":
      return sql`(${joined([sql`false`, ...selection.of.map((one) => selectionWhere(extract, table, one))], " OR ")})`;
    default:
      return selection satisfies never;
  }
}

function equals(column: DatabaseColumn, value: string | null): Sql {
  return value === null ? sql`${source(column)} IS NULL` : sql`${source(column)} = ${typed(column, value)}`;
}

function keysWhere(table: SourceTable, { columns: names, rows }: Selection & { readonly kind: "keys" }): Sql {
  const columns = names.map((name) => columnOf(table, name));
  const [only] = columns;
  if (columns.length === 1 && only !== undefined && rows.every(([value]) => value !== null)) {
    // One IN list lets an index serve; an OR of a thousand conditions would not.
    return rows.length === 0
      ? sql`false`
      : sql`${source(only)} IN (${joined(rows.map(([value]) => typed(only, value ?? "")))})`;
  }
  const conditions = rows.map(
    (row) =>
      sql`(${joined(
        columns.map((column, index) => equals(column, row[index] ?? null)),
        " AND ",
      )})`,
  );
  return sql`(${joined([sql`false`, ...conditions], " OR ")})`;
}

// Through text on both sides: a key may be an integer here and a text there.
function matchingWhere(selection: Selection & { readonly kind: "matching" }): Sql {
  const where = selectionWhere(selection.of, selection.table, selection.selection);
  return sql`(${texts(selection.columns)}) IN
    (SELECT ${texts(selection.otherColumns)} FROM ${relation(selection.of)} AS source WHERE ${where})`;
}

function textsWhere({ columns, rows }: Selection & { readonly kind: "texts" }): Sql {
  if (rows.length === 0) return sql`false`;
  const values = joined(rows.map((row) => sql`(${joined(row.map(literal))})`));
  return sql`(${texts(columns)}) IN (VALUES ${values})`;
}

function texts(names: readonly string[]): Sql {
  return joined(names.map((name) => sql`format('%s', source.${identifier(name)})`));
}

/** A literal of the column's own type, so that an index can serve. */
export function typed(column: DatabaseColumn, value: string): Sql {
  return sql`${literal(value)}::${trusted(column.databaseType)}`;
}

/** A key as one text, never NULL. */
function keyText(key: readonly string[]): Sql {
  const values = key.map((name) => sql`coalesce(replace(format('%s', source.${identifier(name)}), '|', '|p'), '|n')`);
  return sql`concat_ws('|,', ${joined(values)})`;
}
