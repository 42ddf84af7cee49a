import type { Aggregate, Measure } from "../../../mapping/expectations.js";
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import { columnNamed } from "../../answer-test.js";
import type { DatabaseTable } from "../../port.js";
import { escapedText, rowText } from "../../source-sql.js";
import { kindOf } from "../column-types.js";
import { trusted } from "../identifiers.js";
import { bytes, type ComparedColumn, columnOf, comparable, groupedBy } from "./compare-columns.js";

/** The two tables of which an aggregate is taken, and how each column of theirs is compared. */
export interface AggregatedSides {
  readonly expected: Sql;
  readonly actual: Sql;
  readonly description: DatabaseTable;
  readonly columns: readonly ComparedColumn[];
}

/** One line: groups among the expected rows, and in how many groups (of either side) the two sides differ. */
export function compareAggregate(sides: AggregatedSides, { group, measures }: Aggregate): Sql {
  const keys = group.map((name) => comparedValue(sides, name));
  const names = group.length === 0 ? [sql`g`] : group.map((_, index) => trusted(`g${index}`));
  const grouped = (keys.length === 0 ? [sql`1`] : keys).map((key, index) => sql`${key} AS ${names[index] ?? sql`g`}`);
  const named = group.map((name) => comparedColumn(sides, name));
  const by = keys.length === 0 ? sql`` : sql` GROUP BY ${groupedBy(keys, named)}`;
  const figures = rowText(measures.map((one) => escapedText(bytes(measureSql(sides, one)))));
  const side = (rows: Sql, isExpected: Sql): Sql =>
    sql`SELECT ${join(grouped, ", ")}, ${isExpected} AS expected, ${figures} AS figures FROM ${rows}${by}`;
  return sql`SELECT coalesce(sum(expected), 0), coalesce(sum(NOT (sides = 2 AND low = high)), 0) FROM (
      SELECT max(expected) AS expected, count(*) AS sides, min(figures) AS low, max(figures) AS high
      FROM (${side(sql`${sides.expected} AS s`, sql`1`)} UNION ALL ${side(sql`(SELECT * FROM ${sides.actual} AS compared) AS s`, sql`0`)}) AS of_both
      GROUP BY ${groupedBy(names, named)}) AS compared_groups`;
}

function measureSql(sides: AggregatedSides, { measure, column }: Measure): Sql {
  if (column === undefined) return sql`count(*)`;
  const value = comparedValue(sides, column);
  switch (measure) {
    case "distinct":
      return sql`count(DISTINCT ${value})`;
    case "nulls":
      return sql`count(if(${value} IS NULL, 1, NULL))`;
    case "sum":
    case "avg":
      return sql`${trusted(measure)}(${exactNumber(sides, column)})`;
    case "min":
    case "max":
    case "count":
      return sql`${trusted(measure)}(${value})`;
    default:
      return measure satisfies never;
  }
}

function comparedValue(sides: AggregatedSides, name: string): Sql {
  const column = comparedColumn(sides, name);
  return column === undefined ? columnOf(sql`s`, { name }) : comparable(columnOf(sql`s`, column), column);
}

function comparedColumn({ description, columns }: AggregatedSides, name: string): ComparedColumn | undefined {
  const { name: known } = columnNamed(description, name);
  return columns.find((one) => one.name === known);
}

// Sums of floating-point numbers depend on the order of the rows, which no two readings share: as DECIMAL they do not.
// What a DECIMAL cannot hold is cut alike on both sides, and compared row by row all the same.
function exactNumber({ description }: AggregatedSides, name: string): Sql {
  const column = columnNamed(description, name);
  const value = columnOf(sql`s`, column);
  switch (kindOf(column)) {
    case "float":
    case "number":
      return /^(?:float|double)/.test(column.databaseType) ? sql`cast(${value} AS decimal(65,30))` : value;
    case "bit":
    case "year":
      return sql`(${value} + 0)`;
    default:
      throw new StageError(
        "specification",
        `an aggregate asks for the sum or the average of ${name}, which is ${column.databaseType}`,
        "ask for count, min, max, distinct or nulls of it",
      );
  }
}
