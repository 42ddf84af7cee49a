import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SourceTable } from "../../../../lib/databases/port.js";
import { rowOrder } from "../../../../lib/databases/postgres/extract-sql.js";
import { openPostgresSource } from "../../../../lib/databases/postgres/source.js";
import type { Extract } from "../../../../lib/mapping/migration.js";
import { extractName } from "../../../../lib/model/names.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";

const columns = `key int, plain text COLLATE "und-x-icu", short varchar(9), padded char(3), mood mood, id uuid, bytes bytea,
  ok bool, price numeric, at timestamptz, doc json, n int`;

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TYPE mood AS ENUM ('zest', 'calm');
    CREATE TABLE with_null (${columns});
    -- Texts in every combination, then rows that only the later columns tell apart.
    INSERT INTO with_null SELECT NULLIF(n % 3, 2), texts[1 + n % 9], texts[1 + n / 3 % 9], E'a\\t', NULL, NULL, NULL, NULL, NULL, NULL, NULL, n
      FROM generate_series(1, 120) AS n, (SELECT ARRAY['a', 'B', 'b', 'é', 'Z', '', NULL, 'a ', E'a\\n'] AS texts) AS t;
    INSERT INTO with_null SELECT 1, 'a', 'a', CASE WHEN n % 2 = 0 THEN 'a' WHEN n % 3 = 0 THEN E'a\\t' END, CASE n % 5 WHEN 0 THEN 'zest'::mood WHEN 1 THEN 'calm' END,
      CASE WHEN n % 7 < 5 THEN md5((n % 7)::text)::uuid END, CASE WHEN n % 11 < 9 THEN decode(md5((n % 11)::text), 'hex') END,
      n % 13 = 0, NULLIF(n % 17, 3) - 8.5, '2024-01-01 00:00+00'::timestamptz + n % 19 * interval '1 h', to_json(n % 4), n
      FROM generate_series(200, 400) AS n;
    CREATE INDEX ON with_null (key);
    CREATE TABLE without_null (LIKE with_null INCLUDING INDEXES);
    INSERT INTO without_null SELECT * FROM with_null WHERE key IS NOT NULL;`);
});
afterAll(() => database.drop());

const extractOf = (table: string): Extract => ({
  name: extractName(table),
  source: undefined,
  from: { kind: "table", table },
  where: undefined,
  key: ["key"],
  watermark: undefined,
  rowChecksum: false,
  partRows: 50,
  partBy: undefined,
  invalidText: "refuse",
});

async function described(name: string): Promise<SourceTable> {
  const source = await openPostgresSource(database.url, { application: "test", jobs: 1 });
  try {
    return await source.describe(extractOf(name));
  } finally {
    await source.close();
  }
}

describe.each(["with_null", "without_null"])("rows of a table %s in its key", (name) => {
  it("stand in the order of the key, NULL first, ties by all columns: numbers by value, text by its bytes", async () => {
    const table = await described(name);
    const ties = ["plain", "short", "padded", "mood", "id", "bytes"].map(
      (tie) => `${tie} IS NOT NULL, format('%s', ${tie}) COLLATE "C"`,
    );
    const values = ["ok", "price", "at"].map((tie) => `${tie} IS NOT NULL, ${tie}`);
    const order = ["key IS NOT NULL, key", ...ties, ...values, "doc IS NOT NULL, format('%s', doc) COLLATE \"C\"", "n"];

    const rows = await database.query(`SELECT n FROM ${name} AS source ORDER BY ${rowOrder(table)}`);

    expect(rows.length).toBeGreaterThan(200);
    expect(rows).toEqual(await database.query(`SELECT n FROM ${name} ORDER BY ${order.join(", ")}`));
  });
});

it("an index serves where its key could hold NULL and does not", async () => {
  const table = await described("without_null");

  const plan = await database.query(
    `SET enable_seqscan = off; EXPLAIN SELECT n FROM without_null AS source ORDER BY ${rowOrder(table)} LIMIT 1`,
  );

  expect(plan.map((line) => String(Object.values(line)[0])).join("\n")).toContain("Presorted Key: key");
});
