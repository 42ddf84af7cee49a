import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CheckedTable, CheckRequest, Checks, Comparison } from "../../../../lib/databases/checks-port.js";
import { openChecks } from "../../../../lib/databases/open-checks.js";
import { createDatabase, type TestDatabase } from "../../../support/postgres.js";
import { part, rejection } from "./load/loading.js";

let database: TestDatabase;
let checks: Checks;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE TABLE people (id integer PRIMARY KEY, name text, code char(5), price numeric, born timestamptz, facts jsonb,
      raw json, place point, spent interval);
    INSERT INTO people VALUES (1, 'Amina', 'ab', 1.50, '2024-01-31 08:00+00', '{"b":2,"a":1}', '{"a": 1}', '(1,2)', '1 month'),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, '', '', 0, 'infinity', '[]', '[]', '(0,0)', '0');
    CREATE TABLE notes (line text, facts json);
    INSERT INTO notes VALUES ('a', '1'), ('a', '1'), ('b', NULL), (NULL, NULL)`);
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
    ["a changed cell", "UPDATE people SET name = 'amina' WHERE id = 1", ["changed,1,name,Amina,amina"]],
    ["NULL that became an empty text", "UPDATE people SET name = '' WHERE id = 2", ["changed,2,name,\\N,"]],
    ["an empty text that became NULL", "UPDATE people SET name = NULL WHERE id = 3", ["changed,3,name,,\\N"]],
    ["blanks at the end of a text", "UPDATE people SET name = 'Amina ' WHERE id = 1", ["changed,1,name,Amina,Amina "]],
    [
      "json of other characters",
      `UPDATE people SET raw = '{"a":1}' WHERE id = 1`,
      ['changed,1,raw,"{""a"": 1}","{""a"":1}"'],
    ],
    ["a point", "UPDATE people SET place = '(1,3)' WHERE id = 1", ['changed,1,place,"(1,2)","(1,3)"']],
    ["30 days for a month", "UPDATE people SET spent = '30 days' WHERE id = 1", ["changed,1,spent,1 mon,30 days"]],
    [
      "two swapped rows",
      "UPDATE people SET id = CASE id WHEN 2 THEN 30 ELSE 2 END WHERE id IN (2, 3); UPDATE people SET id = 3 WHERE id = 30",
      expect.arrayContaining(["changed,2,name,\\N,", "changed,3,name,,\\N"]),
    ],
  ])("names key, column and both values of %s", async (_, change, expected) => {
    for (const statement of change.split("; ")) await database.query(statement);

    const { comparison, lines } = await compare(rows);

    expect(lines).toEqual(expected);
    expect(comparison.changed).toBeGreaterThan(0);
    expect(comparison).toMatchObject({ missing: 0, extra: 0 });
  });

  it("names missing and extra rows, in the order of the key, with their values", async () => {
    await database.query("DELETE FROM people WHERE id = 2");
    await database.query("INSERT INTO people (id, name) VALUES (10, 'Li')");

    const { comparison, lines } = await compare(rows);

    expect(comparison).toMatchObject({ expected: 3, actual: 3, equal: 2, missing: 1, extra: 1, changed: 0 });
    expect(lines.map((line) => line.split(",").slice(0, 3))).toEqual([
      ["missing", "2", "\\N"],
      ["extra", "10", "\\N"],
    ]);
    expect(lines[1]).toContain('""name"":""Li""');
  });

  it("counts in how many rows each column differs, however few lines are listed", async () => {
    await database.query("UPDATE people SET price = 7, name = 'x'");

    const found = await checks.checkTable(
      { table: "people", columns, key: undefined, allRows: true, parts: [part(rows)] },
      async (table) => {
        const comparison = await table.compare();
        return { comparison, lines: await text(table.differences(comparison, 2).rows) };
      },
    );

    expect(found.comparison).toMatchObject({ changed: 3, columns: { name: 3, price: 3 } });
    expect(found.lines.split("\n")).toHaveLength(3);
  });

  it("looks only at the rows of a unit where the table may hold others", async () => {
    const { comparison } = await compare(rows.slice(0, 1), { allRows: false });

    expect(comparison).toMatchObject({ expected: 1, equal: 1, ...nothing });
  });
});

describe("comparing a table without a key", () => {
  const notes = { table: "notes", columns: ["line", "facts"] };

  it("counts how often each row occurs, NULLs included", async () => {
    const same = await compare(["b,\\N", "a,1", "\\N,\\N", "a,1"], notes);
    const different = await compare(["b,\\N", "a,1", "\\N,\\N", "c,1"], notes);

    expect(same.comparison).toMatchObject({ expected: 4, actual: 4, equal: 4, pairedBy: [], ...nothing });
    expect(different.comparison).toMatchObject({ equal: 3, missing: 1, extra: 1 });
    expect(different.lines.map((line) => line.split(",")[0])).toEqual(["extra", "missing"]);
  });

  it("falls back to whole rows where the declared key repeats or is NULL", async () => {
    const { comparison } = await compare(["b,\\N", "a,1", "\\N,\\N", "a,1"], { ...notes, key: ["line"] });

    expect(comparison).toMatchObject({ equal: 4, pairedBy: [], ...nothing });
  });

  it("does not take two equal rows in the files for one in the target", async () => {
    const { comparison } = await compare([...rows, rows[0] ?? ""]);

    expect(comparison).toMatchObject({ expected: 4, actual: 3, missing: 1, pairedBy: [] });
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

  it("compare a sample, aggregates and the four tests", async () => {
    await database.query("ALTER TABLE people ADD boss integer; UPDATE people SET boss = 7 WHERE id = 1");
    await database.query("UPDATE people SET price = 2 WHERE id = 1");

    const found = await checks.checkTable(request, async (table) => ({
      sample: await table.compareSample(part(rows.slice(1))),
      aggregate: await table.compareAggregate({
        group: ["code"],
        severity: "error",
        measures: [
          { measure: "count", column: undefined },
          { measure: "sum", column: "price" },
        ],
      }),
      repeated: (await table.answer({ kind: "unique", columns: ["name"], severity: "error" })).actual,
      nulls: (await table.answer({ kind: "not_null", columns: ["id", "name"], severity: "error" })).actual,
      unaccepted: (
        await table.answer({ kind: "accepted_values", column: "price", values: ["2.00"], severity: "error" })
      ).actual,
      orphans: await table.countOrphans({ columns: ["boss"], parent: "people", parentColumns: ["id"] }),
    }));

    expect(found).toMatchObject({
      sample: { of: "sample", expected: 2, equal: 2, ...nothing },
      aggregate: { groups: 3, differing: 1 },
    });
    expect(found).toMatchObject({ repeated: 0, nulls: 1, unaccepted: 1, orphans: 1 });
  });

  it("name a column that the target has lost", async () => {
    await database.query("ALTER TABLE people DROP spent");

    const error = await rejection(checks.checkTable(request, (table) => table.compare()));

    expect(error).toMatchObject({ kind: "integrity", message: expect.stringContaining("has no column spent") });
  });
});
