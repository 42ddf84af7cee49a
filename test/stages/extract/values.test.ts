import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../lib/databases/postgres/connection.js";
import { sql, trusted } from "../../../lib/databases/postgres/identifiers.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createMigration } from "../migration-fixture.js";
import { rowsIn, textOf } from "../stage-files.js";
import { assertChecksums } from "./row-checksums.js";

/** A type, and values at its edges; every one gets NULL besides. */
const types: Readonly<Record<string, readonly string[]>> = {
  boolean: ["true", "false"],
  "char(5)": ["'a'", "'a b  '", "''", "'|n'"],
  '"char"': ["'x'", "''"],
  name: ["'a name'", "''"],
  text: [
    "''",
    "'\\N'",
    "'\\.'",
    "E'\\r\\n'",
    `'"'`,
    "','",
    "'|'",
    "'|n'",
    "'|p'",
    "'a|,b'",
    "E'\\u00e9e\\u0301\\U0001d518'",
    "' '",
    "repeat('ü', 100000)",
  ],
  varchar: ["'|'", "E'tab\\there'"],
  smallint: ["-32768"],
  integer: ["2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
  numeric: ["'NaN'", "'Infinity'", "123456789012345678901234567890.123456789012345678901", "0.00", "-0.000001"],
  "numeric(12,4)": ["1.5", "-99999999.9999"],
  real: ["'-0'", "'NaN'", "'Infinity'", "1e-45::real", "16777217", "0.1", "3.4028235e38"],
  "double precision": ["'-0'", "'NaN'", "'-Infinity'", "5e-324", "0.1 + 0.2", "1.7976931348623157e308", "1e21"],
  date: ["'infinity'", "'-infinity'", "'0001-01-01 BC'", "'2024-02-29'", "'294276-12-31'"],
  time: ["'24:00:00'", "'12:34:56.000001'"],
  timetz: ["'12:00+14'", "'23:59:59.999999-12:30'"],
  timestamp: ["'infinity'", "'4713-01-01 BC'", "'2024-03-31 02:30:00.123456'"],
  timestamptz: ["'-infinity'", "'2024-03-31 02:30:00+02'", "'1883-11-18 12:03:58-05'"],
  interval: ["'1 year 2 mons -3 days 04:05:06.7'", "'-1 mon'", "'0'"],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  bytea: ["''", "'\\x00ff7c'", "convert_to('|', 'UTF8')"],
  "bit(4)": ["B'1010'"],
  varbit: ["B''", "B'101'"],
  inet: ["'192.168.0.1'", "'10.0.0.0/8'", "'::1'"],
  cidr: ["'10.0.0.0/8'"],
  macaddr: ["'08:00:2b:01:02:03'"],
  "integer[]": ["'{}'", "'{1,NULL,3}'", "'[0:1]={7,8}'", "'{{1,2},{3,4}}'"],
  "text[]": [`ARRAY['a,b', 'c"d', NULL, 'NULL', '', 'back\\slash', '|']`],
  json: [`'{"b": 1,  "a": [1, 2]}'`, "'\"|\"'", "'null'"],
  jsonb: [`'{"b": 1,  "a": 1.50}'`],
  point: ["'(1.5,-2)'"],
  int4range: ["'[1,5)'", "'empty'"],
  tsvector: ["'a fat cat'"],
  mood: ["'sad'", "'so so'"],
  positive: ["7"],
  pair: ["ROW(1, 'a,b')::pair", "ROW(NULL, NULL)::pair"],
};

const columns = Object.keys(types).map((_, index) => `c${index}`);

let source: TestDatabase;
beforeAll(async () => {
  const rowCount = Math.max(...Object.values(types).map((values) => values.length)) + 1;
  const rows = Array.from(
    { length: rowCount },
    (_, row) => `(${row}, ${Object.values(types).map((values) => values[row] ?? "NULL")})`,
  );
  source = await createDatabase(`
    CREATE TYPE mood AS ENUM ('sad', 'so so');
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TYPE pair AS (a int, b text);
    CREATE TABLE edges (id int PRIMARY KEY, ${Object.keys(types).map((type, index) => `c${index} ${type}`)});
    ${rows.map((row) => `INSERT INTO edges VALUES ${row};`).join("\n")}`);
});
afterAll(() => source.drop());

it("writes every value of every type as COPY itself does", async () => {
  const migration = await createMigration({ source: source.url, extracts: ["edges: { row_checksum: false }"] });
  const connection = await connect(source.url, { application: "waybill/test" });

  const result = await migration.run("extract");

  const names = trusted(["id", ...columns].join(", "));
  const copied = await text(
    connection.copyTo(sql`COPY (SELECT ${names} FROM edges ORDER BY id) TO STDOUT (FORMAT csv, NULL '\\N')`),
  );
  await connection.close();
  expect(result.exitCode, result.stderr).toBe(0);
  const found = await textOf(join(migration.work, "extract/edges/part-00000.csv.gz"));
  expect(found).toBe(`${["id", ...columns].join(",")}\n${copied}`);
});

it("gives each row the MD5 of its unambiguous text, and sums them up in the manifest", async () => {
  const migration = await createMigration({ source: source.url, extracts: ["edges: { part_rows: 3 }"] });

  await migration.run("extract");

  await assertChecksums(join(migration.work, "extract/edges"));
});

it("tells rows apart whose values only look the same when they are joined", async () => {
  const twins = [
    "NULL, 'a', 'b'",
    "'a', NULL, 'b'",
    "'a', 'b', NULL",
    "'', 'a', 'b'",
    "'a|,b', NULL, ''",
    "'a', 'b', ''",
    "'|n', 'a', 'b'",
    "'|p', '', ''",
    "'|', '', ''",
  ];
  const database = await createDatabase(
    `CREATE TABLE twins (x text, y text, z text); INSERT INTO twins VALUES ${twins.map((row) => `(${row})`)};`,
  );
  const migration = await createMigration({ source: database.url, extracts: ["twins: {}"] });

  await migration.run("extract");

  const rows = await rowsIn(join(migration.work, "extract/twins"));
  await database.drop();
  expect(new Set(rows.map((row) => row.at(-1))).size).toBe(twins.length);
  await assertChecksums(join(migration.work, "extract/twins"));
});

it("reads a LATIN1 database into UTF-8, the checksums too", async () => {
  const name = `${source.name}_latin1`;
  await source.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  const url = Object.assign(new URL(source.url), { pathname: `/${name}` }).href;
  const connection = await connect(url, { application: "waybill/test" });
  await connection.execute(sql`CREATE TABLE words (word text PRIMARY KEY)`);
  await connection.execute(sql`INSERT INTO words VALUES ('Ærø'), ('zebra'), ('Müller|Söhne'), ('a')`);
  await connection.close();
  const migration = await createMigration({ source: url, extracts: ["words: {}"] });

  const result = await migration.run("extract");

  await source.query(`DROP DATABASE ${name}`);
  expect(result.exitCode, result.stderr).toBe(0);
  expect((await rowsIn(join(migration.work, "extract/words"))).map(([word]) => word)).toEqual([
    "Müller|Söhne",
    "a",
    "zebra",
    "Ærø",
  ]);
  await assertChecksums(join(migration.work, "extract/words"));
});
