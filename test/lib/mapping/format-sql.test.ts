import fc from "fast-check";
import { expect, it } from "vitest";
import { formatSql } from "../../../lib/mapping/format-sql.js";

it("puts clauses and the members of long lists on lines of their own, and leaves short ones alone", () => {
  const columns = Array.from(
    { length: 6 },
    (_, at) => `regexp_replace("column ${at}", '^ +| +$', '', 'g') AS "~${at}"`,
  );

  const text = formatSql(
    `CREATE TABLE mapped AS WITH "layer0" AS (SELECT ${columns.join(", ")} FROM t) SELECT a, b FROM "layer0"`,
  );

  expect(text.split("\n")).toEqual([
    "CREATE TABLE mapped AS",
    'WITH "layer0" AS (',
    `  SELECT ${columns[0]},`,
    ...columns.slice(1, -1).map((column) => `    ${column},`),
    `    ${columns.at(-1)}`,
    "  FROM t",
    ")",
    "SELECT a, b",
    'FROM "layer0"',
  ]);
});

it("changes nothing but white space between tokens, whatever stands in quotation marks", () => {
  const { statement } = fc.letrec<{ readonly statement: string; readonly piece: string }>((tie) => ({
    piece: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("SELECT", "FROM", "CASE WHEN", "a", "t.b", "1::BIGINT", ", ", " ,", " ", "'it''s  (a,  b'"),
      fc.constantFrom('"we""ird  , name"', '"~0.1"', "= 'SELECT'"),
      fc.string({ maxLength: 5 }).map((text) => `'${text.replaceAll("'", "''")}'`),
      tie("statement").map((inner) => `f(${inner})`),
      tie("statement").map((inner) => ` [ ${inner} ]`),
    ),
    statement: fc.array(tie("piece"), { maxLength: 30 }).map((pieces) => pieces.join(" ")),
  }));
  const tokens = (sql: string) => sql.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s"']+/gu)?.join("");

  fc.assert(
    fc.property(statement, (text) => {
      expect(tokens(formatSql(text))).toBe(tokens(text));
    }),
  );
});
