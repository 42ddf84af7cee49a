import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { normalFormOf, normalText } from "../../../lib/databases/postgres/normal-text.js";
import { openEngine } from "../../../lib/engine/duckdb.js";
import { fileText } from "../../../lib/mapping/normal-forms.js";
import { identifier, join, literal, sql } from "../../../lib/mapping/sql.js";
import type { Sql } from "../../../lib/model/names.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";

// Of each type: spellings that both sides bring into one text, and others that the server reads, some of them of equal
// values; these may differ from it, but never look like another value.
const spellings: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  smallint: [
    ["0", "7", "-7", "32767", "-32768", "007", "+7", "-0", "00"],
    [" 7", "7 "],
  ],
  integer: [
    ["0", "42", "-42", "2147483647", "-2147483648", "0042", "-042"],
    ["42 ", "\t42"],
  ],
  bigint: [["9223372036854775807", "-9223372036854775808", "0", "-1", "10", "100"], []],
  numeric: [
    "0 1 1.5 1.50 1.500 -1.5 -01.50 100 100.0 0.10 0.0 -0 -0.0 -0.5 12345678901234567890.123456789012345678900 1.".split(
      " ",
    ),
    ["NaN", "1e2", ".5", "-.5", "1E-2", "+5e0", " 1.5"],
  ],
  "numeric(10,2)": [
    "0 1 1.5 1.50 -1.5 0.50 0.5 -0.50 00.5 10.00 10 100.000 -0 -0.00 99999999.99 +3.10".split(" "),
    ["1.005", "1.004", "-0.004", "1e2", ".5", "NaN", "12.345"],
  ],
  "numeric(8,0)": [
    ["0", "5", "50", "500", "-5", "5.0", "007"],
    ["4.5", "5.4"],
  ],
  text: [["", " ", "a", "A", "a ", "ä", "a|b", "|n", "\\N", "x\ny", "😀", "a\u0301", "á"], []],
  "character varying(5)": [["", "ab", "ab ", "Ab", "5"], ["abcde  "]],
  "character(5)": [["", "ab", "ab ", "ab   ", "Ab", " ab"], []],
  boolean: [
    ["t", "f", "true", "FALSE", "1", "0", "yes", "no", "T"],
    ["on", "off", "y", "tr"],
  ],
  date: [
    ["2024-01-31", "0001-01-01", "9999-12-31", "infinity", "-infinity"],
    ["2024-1-31", "20240131", "January 31, 2024", "0044-03-15 BC"],
  ],
  "time without time zone": [
    ["08:00:00", "00:00:00", "23:59:59.999999", "08:00:00.500", "08:00:00.0", "24:00:00"],
    ["8:00", "08:00"],
  ],
  "timestamp without time zone": [
    [
      "2024-01-31 08:00:00",
      "2024-01-31T08:00:00",
      "2024-01-31 08:00:00.5",
      "2024-01-31 08:00:00.500000",
      "2024-01-31 08:00:00.000",
      "infinity",
      "1999-12-31 23:59:59.999999",
    ],
    [
      "2024-01-31",
      "2024-01-31 24:00:00",
      "2024-01-31 08:00",
      "2024-01-31 08:00:00+05",
      "0044-03-15 00:00:00 BC",
      "2024-01-31 08:00:60",
    ],
  ],
  "timestamp(3) without time zone": [
    ["2024-01-31 08:00:00.123", "2024-01-31 08:00:00.120"],
    ["2024-01-31 08:00:00.1234", "2024-01-31 08:00:00.1235"],
  ],
  "timestamp with time zone": [
    [
      "2024-01-31 08:00:00+00",
      "2024-01-31 09:00:00+01",
      "2024-01-31T08:00:00Z",
      "2024-01-31 08:00:00",
      "2024-01-31 13:30:00+05:30",
      "2024-01-31 03:00:00-0500",
      "2024-01-31 08:00:00.5+00",
      "2024-01-31 08:00:00.500+00",
      "2024-02-29 23:30:00-01",
      "2024-01-31 08:00:00.123456+00:00",
    ],
    [
      "2024-01-31 08:00+00",
      "infinity",
      "2024-01-31 08:00:00 Europe/Paris",
      "0001-01-01 00:30:00+01",
      "2024-01-31",
      "1900-01-01 00:00:00+00:12:12",
    ],
  ],
  uuid: [
    ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A12"],
    ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11"],
  ],
  bytea: [
    ["\\x", "\\x00", "\\xDEADBEEF", "\\xdeadbeef", "\\x5c78"],
    ["abc", "\\\\x", "\\000"],
  ],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe("normal forms of both sides", () => {
  it.each(Object.keys(spellings))(
    "give equal values of %s one text, and different values never the same",
    async (type) => {
      const [plain = [], odd = []] = spellings[type] ?? [];
      const texts = [...plain, ...odd];
      const form = normalFormOf(type);
      if (form === undefined) throw new Error(`no form of ${type}`);

      const values = await inPostgres(type, texts, normalText(form, identifier("v")));
      const files = await inFiles(texts, fileText(form, identifier("v")));

      expect(files.slice(0, plain.length)).toEqual(values.slice(0, plain.length).map(({ text }) => text));
      for (const [i, one] of values.entries())
        for (const [j, other] of values.entries()) {
          const isEqual = one.equals.includes(`,${j},`);
          expect([texts[i], texts[j], one.text === other.text]).toEqual([texts[i], texts[j], isEqual]);
          if (files[i] === other.text) expect([texts[i], texts[j], isEqual]).toEqual([texts[i], texts[j], true]);
        }
    },
  );

  it.each([
    "real",
    "double precision",
    "json",
    "jsonb",
    "interval",
    "integer[]",
    "bit(3)",
    "money",
    '"char"',
    "citext",
    "point",
  ])("is not claimed of %s", (type) => expect(normalFormOf(type)).toBeUndefined());
});

async function inPostgres(type: string, texts: readonly string[], text: Sql) {
  const rows = texts.map((one, index) => `(${index}, E'${one.replaceAll("\\", "\\\\").replaceAll("'", "''")}')`);
  const same = /^(text|character)/.test(type) ? 'o.v COLLATE "C" = t.v COLLATE "C"' : "o.v = t.v";
  const found = await database.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET bytea_output = 'hex';
    CREATE TEMPORARY TABLE t (n integer, v ${type}); INSERT INTO t VALUES ${rows.join()};
    SELECT ${text} AS text, ',' || (SELECT string_agg(o.n::text, ',' ORDER BY o.n) FROM t AS o WHERE ${same}) || ',' AS equals
    FROM t ORDER BY n`);
  return found.map(({ text, equals }) => ({ text, equals: equals ?? "" }));
}

async function inFiles(texts: readonly string[], text: Sql) {
  const engine = await openEngine({ folders: [] });
  const rows = join(
    texts.map((one, index) => sql`(${literal(String(index))}::INTEGER, ${literal(one)})`),
    ", ",
  );
  const found = await (await engine.connect()).rows(sql`SELECT ${text} FROM (VALUES ${rows}) AS t(n, v) ORDER BY n`);
  engine.close();
  return found.map(([one]) => one);
}
