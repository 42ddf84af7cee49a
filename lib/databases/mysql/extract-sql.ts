import type { Extract } from "../../mapping/migration.js";
import { join, sql } from "../../mapping/sql.js";
import type { RowDigest } from "../../model/checksum.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn, SourceTable } from "../port.js";
import { columnOf, escapedText, relation, rowText, type SourceDialect, type SourceRelation } from "../source-sql.js";
import { among, byBytes, fileText, sortable, source, typed } from "./column-text.js";
import { identifier, literal, qualified } from "./identifiers.js";
import { digestOf } from "./row-digest.js";

/** What every source is asked, in MySQL's words. NULL comes first by itself. */
export const dialect: SourceDialect = {
  identifier,
  literal,
  qualified,
  // A second argument would be another value: these go to `map`, which hands in an index.
  sortable: (column) => sortable(column),
  sorted: (column) => sortable(column),
  typed,
  among,
  fileText: (column) => fileText(column),
  byBytes,
  scattered: (text) => sql`sha2(${text}, 256)`,
  periods,
};

/**
 * The statement whose rows are a part: every column as text, in row order, then where the extract has them the column for
 * what is wrong with a row (nothing, as far as the server knows), and the row checksum.
 */
export function copyStatement(from: SourceRelation, where: Sql, digest: RowDigest): Sql {
  const { extract, table } = from;
  const faults = extract.invalidText === "reject" ? [sql`NULL`] : [];
  const checksum = extract.rowChecksum ? [rowDigest(table.columns, digest)] : [];
  return sql`SELECT ${join([...table.columns.map((column) => fileText(column)), ...faults, ...checksum], ", ")}
    FROM ${relation(from)} AS source WHERE ${where} ORDER BY ${rowOrder(table)}`;
}

/** The digest of a row of `source`, over these columns as they stand in a file. */
export function rowDigest(columns: readonly DatabaseColumn[], digest: RowDigest): Sql {
  return digestOf(rowText(columns.map(escapedValue)), digest);
}

// Numbers, dates and bytes cannot hold a `|`.
function escapedValue(column: DatabaseColumn): Sql {
  const text = fileText(column);
  return column.type === "string" ? escapedText(text) : sql`coalesce(${text}, '|n')`;
}

function rowOrder(table: SourceTable): Sql {
  const others = table.keyIsUnique ? [] : table.columns.filter(({ name }) => !table.key.includes(name));
  return join(
    [...table.key.map((name) => columnOf(table, name)), ...others].map((column) => sortable(column)),
    ", ",
  );
}

// By the date's own text: partial dates, 2024-00-00, belong to a period too, and no arithmetic holds for them.
function periods(from: SourceRelation, { column: name, every }: NonNullable<Extract["partBy"]>) {
  const period = periodOf(source(columnOf(from.table, name)), every);
  return {
    list: sql`SELECT DISTINCT ${period} AS period FROM ${relation(from)} AS source ORDER BY period`,
    where: ([value = null]: readonly (string | null)[]): Sql =>
      value === null ? sql`${period} IS NULL` : sql`${period} = ${literal(value)}`,
  };
}

function periodOf(date: Sql, every: NonNullable<Extract["partBy"]>["every"]): Sql {
  switch (every) {
    case "day":
      return sql`left(${date}, 10)`;
    case "month":
      return sql`left(${date}, 7)`;
    case "quarter":
      return sql`concat(left(${date}, 5), ceil(substr(${date}, 6, 2) / 3))`;
    case "year":
      return sql`left(${date}, 4)`;
    default:
      return every satisfies never;
  }
}
