import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CheckedTable, CheckRequest, Checks, Comparison } from "../../../../lib/databases/checks-port.js";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { part } from "./load/loading.js";

let database: TestDatabase;
let checks: Checks;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE TABLE people (id integer PRIMARY KEY, name text, code char(5), price numeric, born timestamptz, facts jsonb,
      raw json, place point, spent interval);
    INSERT INTO people VALUES (1, 'Amina', 'ab', 1.50, '2024-01-31 08:00+00', '{"b":2,"a":1}', '{"a": 1}', '(1,2)', '1 month'),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', '', 0, 'infinity', '[]', '[]', '(0,0)', '0')`);
  checks = await openChecks(database.url, { application: "waybill/test" });
});
afterEach(async () => {
  await checks.close();
  await database.drop();
});

const columns = ["id", "name", "code", "price", "born", "facts", "raw", "place", "spent"];
const rows = [
  '1,Amina,ab,1.5,2024-01-31 09:00:00+01,"{""a"":1,""b"":2}","{""a"": 1}","(1,2)",1 mon',
  "2,\\N,\\N,\\N,\\N,\\N,\\N,\\N,\\N",
  '3,,,0,infinity,[],[],"(0,0)",00:00:00',
];

interface Outcome {
  readonly comparison: Comparison;
  readonly lines: readonly string[];
}

function compare(lines: readonly string[], request: Partial<CheckRequest> = {}): Promise<Outcome> {
  const whole = { table: "people", columns, key: undefined, allRows: true, parts: [part(lines)], ...request };
  return checks.checkTable(whole, async (table) => await outcomeOf(table, await table.compare()));
}

async function outcomeOf(table: CheckedTable, comparison: Comparison): Promise<Outcome> {
  const found = await text(table.differences(comparison, 100).rows);
  return { comparison, lines: found.split("\n").slice(0, -1) };
}

const nothing = { missing: 0, extra: 0, changed: 0, columns: {} };

describe("comparing a table with what was written", () => {
  it("finds no difference where only the spelling differs: 1.5 and 1.50, time zones, keys of jsonb, blanks of char", async () => {
    const { comparison, lines } = await compare(rows);

    expect(comparison).toMatchObject({ expected: 3, actual: 3, equal: 3, pairedBy: ["id"], ...nothing });
    expect(lines).toEqual([]);
  });

  it("gives the rows that have a pair as the target's types print them", async () => {
    const request = { table: "people", columns, key: undefined, allRows: false, parts: [part([rows[0] ?? ""])] };

    const found = await checks.checkTable(request, async (table) => {
      return await text(table.pairedRows(await table.compare(), 10).rows);
    });

    expect(found).toBe('1,Amina,ab   ,1.50,2024-01-31 08:00:00+00,"{""a"": 1, ""b"": 2}","{""a"": 1}","(1,2)",1 mon\n');
  });

  it("finds none after VACUUM FULL, which moves every row", async () => {
    await database.query("VACUUM FULL people");

    expect((await compare(rows)).comparison).toMatchObject({ equal: 3, ...nothing });
  });

  it.each([
    [
      "json of other characters",
      `UPDATE people SET raw = '{"a":1}' WHERE id = 1`,
      ['changed,1,raw,"{""a"": 1}","{""a"":1}"'],
    ],
    ["a point", "UPDATE people SET place = '(1,3)' WHERE id = 1", ['changed,1,place,"(1,2)","(1,3)"']],
    ["30 days for a month", "UPDATE people SET spent = '30 days' WHERE id = 1", ["changed,1,spent,1 mon,30 days"]],
  ])("names key, column and both values of %s", async (_, change, expected) => {
    for (const statement of change.split("; ")) await database.query(statement);

    const { comparison, lines } = await compare(rows);

    expect(lines).toEqual(expected);
    expect(comparison.changed).toBeGreaterThan(0);
    expect(comparison).toMatchObject({ missing: 0, extra: 0 });
  });

  it("names values that their column rounded or cut off as they came in, and none that have its form", async () => {
    await database.query(`CREATE DOMAIN share AS numeric(4,1); CREATE TABLE narrow (id integer PRIMARY KEY, price numeric(6,2), part share, code varchar(3), pad char(3), at timestamp(0), clock time(1));
      INSERT INTO narrow VALUES (1, 1.555, 0.25, 'ab   ', 'ab', '2024-01-01 00:00:00.6', '08:00:00.25'), (2, 1.5, 0.5, 'ab', 'ab', '2024-01-01', '08:00:00.5'), (3, 7, NULL, '', '', NULL, NULL)`);
    const written = [
      "1,1.555,0.25,ab   ,ab,2024-01-01 00:00:00.6,08:00:00.25",
      "2,1.500,0.50,ab,ab   ,2024-01-01 00:00:00.000,08:00:00.50",
      "3,8,\\N,,c,\\N,\\N",
    ];
    const table = { table: "narrow", columns: ["id", "price", "part", "code", "pad", "at", "clock"] };

    const { comparison, lines } = await compare(written, table);

    expect(lines).toEqual([
      "changed,1,price,1.555,1.56",
      "changed,1,part,0.25,0.3",
      "changed,1,code,ab   ,ab ",
      "changed,1,at,2024-01-01 00:00:00.6,2024-01-01 00:00:01",
      "changed,1,clock,08:00:00.25,08:00:00.3",
      "changed,3,price,8.00,7.00",
      "changed,3,pad,c  ,   ",
    ]);
    expect(comparison).toMatchObject({ equal: 1, changed: 2 });
  });
});

describe("checks", () => {
  const request = { table: "people", columns, key: undefined, allRows: true, parts: [part(rows)] };

  it("write nothing: the server forbids it, and a role that may only read is enough", async () => {
    await database.query(
      `CREATE ROLE ${database.name}_reader LOGIN; GRANT SELECT ON people TO ${database.name}_reader`,
    );
    const url = Object.assign(new URL(database.url), { username: `${database.name}_reader` }).href;
    const reading = await openChecks(url, { application: "waybill/test" });

    const comparison = await reading.checkTable(request, (table) => table.compare());
    await reading.close();
    await database.query(`DROP OWNED BY ${database.name}_reader; DROP ROLE ${database.name}_reader`);

    expect(comparison).toMatchObject({ equal: 3 });
    expect(await database.query("SELECT relname FROM pg_class WHERE relname LIKE 'waybill%'")).toEqual([]);
  });
});
