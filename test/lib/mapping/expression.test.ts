import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { expect, it } from "vitest";
import { expressionFault } from "../../../lib/mapping/expression.js";

it.each([
  "a IS NULL",
  "split_part(beneficiary_name, ' ', 1)",
  "x = ')' AND y = 'it''s; --' OR \"a;\"\"b\" = '/*'",
  "E'a\\'; --' || $$ ) ; -- $$ || $tag$ $$ ' $tag$",
  "list_transform([1, 2], lambda x: x + 1)[1]",
  "CASE WHEN a THEN {'k': 1}.k END",
  "now > '2020' AND random = '1'",
  "e || 'x' || $1_000",
  "age(a, CAST('2020-01-01' AS DATE))",
  '"now" > 1',
])("%s is one expression", (sql) => {
  expect(expressionFault(sql)).toBeUndefined();
});

it.each([
  ["", "SQL is missing"],
  ["a) OR (b", "SQL closes a ) it did not open"],
  ["(a]", "SQL closes a ] it did not open"],
  ["coalesce(a, b", "SQL lacks a closing )"],
  ["a; DROP TABLE t", "SQL holds a semicolon"],
  ["a -- why", "SQL holds a comment (--)"],
  ["a /* why */", "SQL holds a comment (/*)"],
  ["'it's'", "SQL lacks a closing '"],
  ['"a', 'SQL lacks a closing "'],
  ["$$ a", "SQL lacks a closing $$"],
  ["'a\\' ) --", "SQL closes a ) it did not open"],
  ["a, b", "SQL holds a comma outside of parentheses"],
  ["*", "SQL stands for several columns (*)"],
  ["COLUMNS(*)", "SQL stands for several columns"],
  ["a\u00a0= b", "SQL holds an invisible character, U+00A0"],
  ["count(*) OVER ()", "SQL looks at other rows (OVER)"],
  ["Random() > 0.5", "SQL calls Random, which gives another answer each time"],
  ['"now" ()', "SQL calls now, which gives another answer each time"],
  ['"Current_Date"', "SQL calls Current_Date, which gives another answer each time"],
  ["age(coalesce(a, b))", "SQL calls age with one time, which counts up to today"],
  ["ago(INTERVAL 1 DAY)", "SQL calls ago, which gives another answer each time"],
  ["born < current_date", "SQL calls current_date, which gives another answer each time"],
])("%s is refused: %s", (sql, text) => {
  expect(expressionFault(sql)?.text).toBe(text);
});

it("whatever passes stays in its parentheses: DuckDB sees one statement and both columns", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const pieces = fc.constantFrom(
    "'",
    '"',
    "(",
    ")",
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    ";",
    ",",
    "e'",
    "\\",
    "a",
    " ",
    "1",
    "\n",
    "[",
    "]",
    "U&'",
  );
  const expressions = fc.array(pieces, { minLength: 1, maxLength: 8 }).map((found) => found.join(""));
  let parsed = 0;

  await fc.assert(
    fc.asyncProperty(expressions, async (sql) => {
      fc.pre(expressionFault(sql) === undefined);
      const query = `SELECT (${sql}) AS one, 'other' AS two`.replaceAll("'", "''");
      const reader = await connection.runAndReadAll(`SELECT json_serialize_sql('${query}')`);
      const { error, statements } = JSON.parse(String(reader.getRows()[0]?.[0]));
      if (error) return;
      parsed += 1;
      expect(statements).toHaveLength(1);
      expect(statements[0].node.select_list.map(({ alias }: { alias: string }) => alias)).toEqual(["one", "two"]);
    }),
    { numRuns: 500 },
  );
  expect(parsed).toBeGreaterThan(20);
  instance.closeSync();
});
