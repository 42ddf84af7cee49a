import type { ExpectedTest } from "../../mapping/expectations.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { TestAnswer } from "../checks-port.js";
import type { DatabaseColumn, DatabaseTable } from "../port.js";
import { type FoundTable, findTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { identifier, joined, literal, sql, trusted } from "./identifiers.js";
import { countNulls, countRepeated, countUnaccepted, rowsWhere } from "./target-checks-sql.js";

/** The table that is asked, and how many rows a SELECT of one `count` gives: asked once, however often it is needed. */
export interface Asked {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly count: (select: Sql) => Promise<number>;
}

/** Asks the target what a test of the specification asks. */
export async function answerTest(connection: Connection, asked: Asked, test: ExpectedTest): Promise<TestAnswer> {
  const { table, description, count } = asked;
  switch (test.kind) {
    case "unique":
      // What the primary key forbids need not be looked for.
      return isCovered(test.columns, description.primaryKey)
        ? none(0)
        : none(await count(countRepeated(table.sql, test.columns)));
    case "not_null":
      return none(await count(countNulls(table.sql, test.columns)));
    case "accepted_values":
      return none(await count(countUnaccepted(table.sql, columnNamed(description, test.column), test.values)));
    case "range":
      return none(await count(rowsWhere(table.sql, outside(columnNamed(description, test.column), test))));
    case "pattern": {
      const value = identifier(columnNamed(description, test.column).name);
      return none(await count(rowsWhere(table.sql, sql`${value}::text !~ ${literal(test.matches)}`)));
    }
    case "query":
      return none(await count(sql`SELECT count(*) AS count FROM (\n${trusted(test.sql)}\n) AS found`));
    case "row_count_equal": {
      const there = await count(rowsWhere((await findTable(connection, test.to)).sql, sql`true`));
      const here = await count(rowsWhere(table.sql, sql`true`));
      return { holds: here === there, expected: there, actual: here };
    }
    case "missing_percent":
      return await missing(asked, test);
    case "freshness":
      return await freshness(connection, asked, test);
    default:
      return test satisfies never;
  }
}

const none = (actual: number): TestAnswer => ({ holds: actual === 0, expected: 0, actual });

function outside(column: DatabaseColumn, { min, max }: ExpectedTest & { readonly kind: "range" }): Sql {
  const value = identifier(column.name);
  const read = (text: string): Sql => sql`${literal(text)}::${trusted(column.databaseType)}`;
  const bounds = [
    ...(min === undefined ? [] : [sql`${value} < ${read(min)}`]),
    ...(max === undefined ? [] : [sql`${value} > ${read(max)}`]),
  ];
  return joined(bounds, " OR ");
}

async function missing(
  { table, count }: Asked,
  { column, max }: ExpectedTest & { readonly kind: "missing_percent" },
): Promise<TestAnswer> {
  const rows = await count(rowsWhere(table.sql, sql`true`));
  const nulls = await count(countNulls(table.sql, [column]));
  // Of whole numbers, so that 1 of 3 is not a little less than a third.
  const holds = nulls * 100 <= max * rows;
  return { holds, expected: `at most ${max} % NULL`, actual: `${nulls} of ${rows}` };
}

async function freshness(
  connection: Connection,
  { table, description }: Asked,
  { column, maxAge }: ExpectedTest & { readonly kind: "freshness" },
): Promise<TestAnswer> {
  const latest = sql`max(${identifier(columnNamed(description, column).name)})`;
  const span = literal(`${maxAge.count} ${maxAge.unit}`);
  const [row] = await connection.query<{ fresh: string | null; hours: string | null }>(
    sql`SELECT ${latest} >= now() - ${span}::interval AS fresh,
          round(extract(epoch FROM now() - ${latest}::timestamptz) / 3600, 1) AS hours FROM ${table.sql}`,
  );
  const actual = row?.hours == null ? "no value" : `${row.hours} hours old`;
  return { holds: row?.fresh === "t", expected: `at most ${maxAge.count} ${maxAge.unit} old`, actual };
}

function isCovered(columns: readonly string[], key: readonly string[]): boolean {
  return key.length > 0 && key.every((name) => columns.includes(name));
}

/** A column that a test asks about. Throws "specification" where the target has none of that name. */
export function columnNamed({ qualifiedName, columns }: DatabaseTable, name: string): DatabaseColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  const known = columns.map((one) => one.name).join(", ");
  throw new StageError(
    "specification",
    `${qualifiedName} has no column ${name}, which a test asks about`,
    `its columns are ${known}`,
  );
}
