import type { Age, ExpectedTest } from "../mapping/expectations.js";
import { StageError } from "../model/errors.js";
import type { Sql } from "../model/names.js";
import type { TestAnswer } from "./checks-port.js";
import type { DatabaseColumn, DatabaseTable } from "./port.js";

/** A column and the values it may hold, as a test writes them: each is read as the column's type reads it. */
export interface Bounds {
  readonly min: string | undefined;
  readonly max: string | undefined;
}

/**
 * What tests ask of the table that is checked, in a database's words: each statement counts. Where the table holds rows of
 * others, only ours are asked about.
 */
export interface TestDialect {
  countRows(): Sql;
  /** Values (or combinations) that occur more than once; NULL is equal to nothing. */
  countRepeated(columns: readonly DatabaseColumn[]): Sql;
  /** Rows in which at least one of the columns is NULL. */
  countNulls(columns: readonly DatabaseColumn[]): Sql;
  countUnaccepted(column: DatabaseColumn, values: readonly string[]): Sql;
  countOutside(column: DatabaseColumn, bounds: Bounds): Promise<Sql>;
  /** Values whose text a regular expression does not find. */
  countUnlike(column: DatabaseColumn, pattern: string): Sql;
  /** The rows of a SELECT of the specification. */
  countFound(select: string): Sql;
  /** All rows of a table, whoever wrote them. */
  countRowsOf(table: string): Promise<Sql>;
  /** How old the latest value is; undefined where there is none. */
  latest(
    column: DatabaseColumn,
    maxAge: Age,
  ): Promise<{ readonly isFresh: boolean; readonly hours: string } | undefined>;
}

/** The table that is asked, and how many rows a statement counts: asked once, however often it is needed. */
export interface Asked {
  readonly description: DatabaseTable;
  readonly dialect: TestDialect;
  readonly count: (select: Sql) => Promise<number>;
}

/** Asks the target what a test of the specification asks. */
export async function answerTest(asked: Asked, test: ExpectedTest): Promise<TestAnswer> {
  const { description, dialect, count } = asked;
  const column = (name: string): DatabaseColumn => columnNamed(description, name);
  switch (test.kind) {
    case "unique":
      // What the primary key forbids need not be looked for.
      return isCovered(test.columns, description.primaryKey)
        ? none(0)
        : none(await count(dialect.countRepeated(test.columns.map(column))));
    case "not_null":
      return none(await count(dialect.countNulls(test.columns.map(column))));
    case "accepted_values":
      return none(await count(dialect.countUnaccepted(column(test.column), test.values)));
    case "range":
      return none(await count(await dialect.countOutside(column(test.column), test)));
    case "pattern":
      return none(await count(dialect.countUnlike(column(test.column), test.matches)));
    case "query":
      return none(await count(dialect.countFound(test.sql)));
    case "row_count_equal": {
      const there = await count(await dialect.countRowsOf(test.to));
      const here = await count(await dialect.countRowsOf(description.qualifiedName));
      return { holds: here === there, expected: there, actual: here };
    }
    case "missing_percent":
      return await missing(asked, test);
    case "freshness":
      return await freshness(asked, test);
    default:
      return test satisfies never;
  }
}

const none = (actual: number): TestAnswer => ({ holds: actual === 0, expected: 0, actual });

async function missing(
  { description, dialect, count }: Asked,
  { column, max }: ExpectedTest & { readonly kind: "missing_percent" },
): Promise<TestAnswer> {
  const rows = await count(dialect.countRows());
  const nulls = await count(dialect.countNulls([columnNamed(description, column)]));
  // Of whole numbers, so that 1 of 3 is not a little less than a third.
  const holds = nulls * 100 <= max * rows;
  return { holds, expected: `at most ${max} % NULL`, actual: `${nulls} of ${rows}` };
}

async function freshness(
  { description, dialect }: Asked,
  { column, maxAge }: ExpectedTest & { readonly kind: "freshness" },
): Promise<TestAnswer> {
  const latest = await dialect.latest(columnNamed(description, column), maxAge);
  const actual = latest === undefined ? "no value" : `${latest.hours} hours old`;
  return { holds: latest?.isFresh ?? false, expected: `at most ${maxAge.count} ${maxAge.unit} old`, actual };
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
