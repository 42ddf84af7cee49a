import type { Extract } from "../../mapping/migration.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn, SourceTable } from "../port.js";
import { columnOf, mayBeNull, relation, type SourceDialect, type SourceRelation } from "../source-sql.js";
import { identifier, identifiers, joined, literal, qualified, sql, trusted } from "./identifiers.js";
import { baseType, copiedText, rowText, textOf } from "./row-text.js";

/** What every source is asked, in PostgreSQL's words. */
export const dialect: SourceDialect = {
  identifier,
  literal,
  qualified,
  sortable,
  // COLLATE and NULLS FIRST stand only where they change something: an index may serve then.
  sorted: (column) => (mayBeNull(column) ? sql`${sortable(column)} NULLS FIRST` : sortable(column)),
  typed,
  among: (column, values) => sql`${source(column)} IN (${joined(values.map((value) => typed(column, value)))})`,
  fileText: (column) => textOf(column, source(column)),
  byBytes: (text) => text,
  scattered: (text) => sql`sha256(convert_to(${text}, 'UTF8'))`,
  periods,
};

/** The order of rows everywhere: numbers by value, text by bytes, NULL first; ties broken by all columns. */
export function rowOrder(table: SourceTable): Sql {
  const others = table.keyIsUnique ? [] : table.columns.filter(({ name }) => !table.key.includes(name));
  return joined([...table.key.map((name) => dialect.sorted(columnOf(table, name))), ...others.map(tieOrder)]);
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

function sortable(column: DatabaseColumn): Sql {
  return column.sortsByBytes ? source(column) : sql`${source(column)} COLLATE "C"`;
}

// A bare name in ORDER BY means the output column, which is text here and sorts 10 before 9.
function source(column: DatabaseColumn): Sql {
  return sql`source.${identifier(column.name)}`;
}

// Of the column's own type, so that an index can serve.
function typed(column: DatabaseColumn, value: string): Sql {
  return sql`${literal(value)}::${trusted(column.databaseType)}`;
}

function periods(from: SourceRelation, { column: name, every }: NonNullable<Extract["partBy"]>) {
  const column = source(columnOf(from.table, name));
  return {
    list: sql`SELECT edge::text AS start, (edge + ${literal(every === "quarter" ? "3 months" : `1 ${every}`)}::interval)::text AS finish FROM
      (SELECT DISTINCT date_trunc(${literal(every)}, ${column}) AS edge FROM ${relation(from)} AS source) AS edges
    ORDER BY edge NULLS FIRST`,
    where: ([start = null, finish = null]: readonly (string | null)[]): Sql =>
      start === null || finish === null
        ? sql`${column} IS NULL`
        : sql`${column} >= ${literal(start)} AND ${column} < ${literal(finish)}`,
  };
}

/**
 * The statement whose CSV is a part: every column as text, in row order, and the row checksum where the extract has one.
 * The ORDER BY keeps the subquery whole, so that each value is turned into text once, not twice.
 */
export function copyStatement(from: SourceRelation, options: { readonly where: Sql; readonly toUtf8: boolean }): Sql {
  const { extract, table } = from;
  const texts = joined(table.columns.map((column) => sql`${copiedText(column)} AS ${identifier(column.name)}`));
  // Text has no NUL character here, and its bytes are what the database's encoding allows.
  const faults = extract.invalidText === "reject" ? sql`, NULL` : sql``;
  const checksum = extract.rowChecksum ? sql`, md5(${rowText(table.columns, options.toUtf8)})` : sql``;
  return sql`COPY (SELECT ${identifiers(table.columns.map(({ name }) => name))}${faults}${checksum} FROM
    (SELECT ${texts} FROM ${relation(from)} AS source WHERE ${options.where} ORDER BY ${rowOrder(table)}) AS ordered)
    TO STDOUT (FORMAT csv, NULL '\\N')`;
}
