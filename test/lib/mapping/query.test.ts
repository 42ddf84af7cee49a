import { describe, expect, it } from "vitest";
import { extractFingerprint } from "../../../lib/mapping/fingerprints.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { queryFault, readExtracts } from "../../../lib/mapping/query.js";

it.each([
  "SELECT a.*, count(*) OVER (PARTITION BY x) FROM a, b WHERE a.id IS DISTINCT FROM b.id",
  "with c AS (SELECT 1) SELECT * FROM c ORDER BY 1 LIMIT 3",
  "SELECT sample, query FROM a",
])("%s is a query", (sql) => {
  expect(queryFault(sql)).toBeUndefined();
});

it.each([
  ["", "SQL is missing"],
  ["DELETE FROM a", "SQL does not begin with SELECT or WITH"],
  ["SELECT 1; SELECT 2", "SQL holds a semicolon"],
  ["SELECT 1 -- why", "SQL holds a comment (--)"],
  ["SELECT 1) FROM (a", "SQL closes a ) it did not open"],
  ["SELECT now() FROM a", "SQL calls now, which gives another answer each time"],
  ["SELECT * FROM a TABLESAMPLE 10%", "query takes a sample, another one each time"],
  ["SELECT * FROM a USING SAMPLE 3", "query takes a sample, another one each time"],
  ["SELECT * FROM a, read_csv('/etc/passwd')", "query calls read_csv, which reads something else than extracts"],
  [`SELECT * FROM a, "Query" ('SELECT now()')`, "query calls query, which reads something else than extracts"],
])("%s is refused: %s", (sql, text) => {
  expect(queryFault(sql)?.text).toBe(text);
});

const head = "migration: TEST-1\nextracts:\n  people: { key: [id] }\n  visits: { key: [person, day] }\n  Towns: {}\n";

const parse = (...lines: readonly string[]) =>
  parseMigration(
    Object.entries({ "migration.yaml": head, "t.yaml": ["table: t", ...lines, ""].join("\n") }).map(
      ([path, content]) => ({ path, content: Buffer.from(content) }),
    ),
  );

const query = "query: SELECT * FROM people JOIN visits ON id = person";

describe("a table's file", () => {
  it("reads the extracts that its query names, in quotes and in any case, and no others", () => {
    const [table] = parse("query: select 'visits' from PEOPLE, \"Towns\"", "lineage: none", "columns: all").tables;

    expect(table && readExtracts(table)).toEqual(["people", "Towns"]);
    expect(table?.extracts).toEqual([]);
  });

  it.each([
    ["t.yaml:2: query: does not say its lineage", [query]],
    ["t.yaml:2: lineage: there is no query", ["lineage: none"]],
    ["both from and query", ["from: people", query, "lineage: none"]],
    ["both union and query", ["union: [people]", query, "lineage: none"]],
    [
      "t.yaml:4: steps: steps do not run over a query",
      [query, "lineage: none", "steps: [{ row: steps/a.ts, adds: [b] }]"],
    ],
    ['t.yaml:2: query names no extract; did you mean "people"?', ["query: SELECT id FROM peple", "lineage: none"]],
    ['t.yaml:3: lineage: the query does not read extract "Towns"', [query, "lineage: { column: id, of: Towns }"]],
    [
      "t.yaml:3: lineage: a row of visits is named by 2 columns (person, day), lineage gives one",
      [query, "lineage: { column: id, of: visits }"],
    ],
  ])("is refused: %s", (text, lines) => {
    expect(() => parse(...lines, "columns: all")).toThrow(text);
  });

  it("hides the keys of all extracts of a query that makes personal data, whatever its SQL says", () => {
    const fingerprintOf = (sql: string, pii: boolean) => {
      const migration = parse(`query: ${sql}`, "lineage: none", `columns: { name: { from: name, pii: ${pii} } }`);
      return migration.extracts.map((extract) => extractFingerprint(migration, extract, null));
    };
    const [people, visits] = fingerprintOf("SELECT id AS name FROM people", true);

    expect(fingerprintOf("SELECT 'a' AS name FROM people", true)).toEqual([people, visits, expect.anything()]);
    expect(fingerprintOf("SELECT id AS name FROM people", false)[0]).not.toBe(people);
    expect(fingerprintOf("SELECT id AS name FROM people", false)[1]).toBe(visits);
  });
});
