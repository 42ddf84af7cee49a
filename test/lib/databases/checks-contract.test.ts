import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CheckedTable, CheckRequest, Checks, Comparison, Reference } from "../../../lib/databases/checks-port.js";
import { openChecks } from "../../../lib/databases/open-checks.js";
import { createMysqlDatabase } from "../../support/mariadb.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { part, rejection } from "./postgres/load/loading.js";

const tables = {
  PostgreSQL: {
    create: createDatabase,
    sql: `CREATE TABLE people (id integer PRIMARY KEY, name text, code char(5), price numeric(12,3), born timestamp, facts jsonb,
        ratio double precision, boss integer);
      CREATE TABLE notes (line text, facts jsonb);
      CREATE TABLE towns (region text, name text, seen date, PRIMARY KEY (region, name));
      CREATE FUNCTION writes() RETURNS integer LANGUAGE sql AS 'INSERT INTO notes VALUES (NULL, NULL) RETURNING 1';`,
  },
  MariaDB: {
    create: createMysqlDatabase,
    sql: `CREATE TABLE people (id integer PRIMARY KEY, name text COLLATE utf8mb4_general_ci, code char(5), price decimal(12,3),
        born datetime(6), facts json, ratio double, boss int, KEY (name(10)));
      CREATE TABLE notes (line varchar(40), facts json);
      CREATE TABLE towns (region varchar(20), name varchar(60) CHARACTER SET latin1, seen date, PRIMARY KEY (region, name));
      CREATE FUNCTION writes() RETURNS int DETERMINISTIC BEGIN INSERT INTO notes VALUES (NULL, NULL); RETURN 1; END;`,
  },
} as const;

const fill = `DELETE FROM people; DELETE FROM notes; DELETE FROM towns;
  INSERT INTO people VALUES (1, 'Amina', 'ab', 1.50, '2024-01-31 08:00:00', '{"b":2,"a":1}', 0.1, NULL),
    (2, NULL, NULL, NULL, NULL, NULL, NULL, 1), (3, '', '', 0, '1969-12-31 23:59:59.999999', '[]', 0, 7);
  INSERT INTO notes VALUES ('a', 'true'), ('a', 'true'), ('b', NULL), (NULL, NULL);
  INSERT INTO towns VALUES ('north', 'São', '2024-02-29'), ('north', 'Ulm', NULL)`;

const columns = ["id", "name", "code", "price", "born", "facts", "ratio", "boss"];
const rows = [
  '1,Amina,ab,1.5,2024-01-31 08:00:00,"{""a"":1,""b"":2}",1e-1,\\N',
  "2,\\N,\\N,\\N,\\N,\\N,\\N,1",
  "3,,,0.000,1969-12-31 23:59:59.999999,[],-0,7",
];

interface Outcome {
  readonly comparison: Comparison;
  readonly lines: readonly string[];
}

const nothing = { missing: 0, extra: 0, changed: 0, columns: {} };

describe.each(Object.keys(tables) as (keyof typeof tables)[])("checks of %s", (product) => {
  let database: TestDatabase;
  let checks: Checks;
  beforeAll(async () => {
    const { create, sql } = tables[product];
    database = await create(sql);
    checks = await openChecks(database.url, { application: "waybill/test" });
  });
  beforeEach(() => database.query(fill));
  afterAll(async () => {
    await checks.close();
    await database.drop();
  });

  const people = { table: "people", columns, key: undefined, allRows: true, parts: [part(rows)] };
  const notes = { table: "notes", columns: ["line", "facts"] };

  function compare(lines: readonly string[], request: Partial<CheckRequest> = {}): Promise<Outcome> {
    const whole = { ...people, parts: [part(lines)], ...request };
    return checks.checkTable(whole, async (table) => await outcomeOf(table, await table.compare()));
  }

  async function outcomeOf(table: CheckedTable, comparison: Comparison): Promise<Outcome> {
    const found = await text(table.differences(comparison, 100).rows);
    return { comparison, lines: found.split("\n").slice(0, -1) };
  }

  async function listed(table: CheckedTable, reference: Reference, limit: number): Promise<readonly string[]> {
    const copy = await table.orphans?.(reference, limit);
    return copy === undefined ? [] : (await text(copy.rows)).trimEnd().split("\n");
  }

  it("find no difference where only the spelling differs: 1.5 and 1.50, keys of JSON, blanks of char, -0", async () => {
    const { comparison, lines } = await compare(rows);

    expect(comparison).toMatchObject({ expected: 3, actual: 3, equal: 3, pairedBy: ["id"], ...nothing });
    expect(lines).toEqual([]);
  });

  it.each([
    ["a capital", "UPDATE people SET name = 'amina' WHERE id = 1", ["changed,1,name,Amina,amina"]],
    ["an accent", "UPDATE people SET name = 'Amína' WHERE id = 1", ["changed,1,name,Amina,Amína"]],
    ["NULL that became an empty text", "UPDATE people SET name = '' WHERE id = 2", ["changed,2,name,\\N,"]],
    ["an empty text that became NULL", "UPDATE people SET name = NULL WHERE id = 3", ["changed,3,name,,\\N"]],
    ["a blank at the end of a text", "UPDATE people SET name = 'Amina ' WHERE id = 1", ["changed,1,name,Amina,Amina "]],
    ["one digit", "UPDATE people SET price = 1.501 WHERE id = 1", ["changed,1,price,1.500,1.501"]],
    [
      "a microsecond",
      "UPDATE people SET born = '1969-12-31 23:59:59.999998' WHERE id = 3",
      [expect.stringMatching(/^changed,3,born,1969-12-31 23:59:59.999999,1969-12-31 23:59:59.999998$/)],
    ],
    [
      "a number in JSON",
      `UPDATE people SET facts = '{"b":2,"a":1.5}' WHERE id = 1`,
      [expect.stringContaining("1,facts")],
    ],
    [
      "the last bit of a float",
      "UPDATE people SET ratio = 0.10000000000000002 WHERE id = 1",
      ["changed,1,ratio,0.1,0.10000000000000002"],
    ],
    [
      "two swapped rows",
      "UPDATE people SET id = CASE id WHEN 2 THEN 30 ELSE 2 END WHERE id IN (2, 3) ORDER BY id; UPDATE people SET id = 3 WHERE id = 30",
      expect.arrayContaining(["changed,2,name,\\N,", "changed,3,name,,\\N"]),
    ],
  ])("name key, column and both values of %s", async (_, change, expected) => {
    const known = product === "PostgreSQL" ? change.replace(" ORDER BY id", "") : change;
    for (const statement of known.split("; ")) await database.query(statement);

    const { comparison, lines } = await compare(rows);

    expect(lines).toEqual(expected);
    expect(comparison.changed).toBeGreaterThan(0);
    expect(comparison).toMatchObject({ missing: 0, extra: 0 });
  });

  it("name missing and extra rows, in the order of the key, with their values", async () => {
    await database.query("DELETE FROM people WHERE id = 2");
    await database.query("INSERT INTO people (id, name, price) VALUES (10, 'Li \"x\"', 5), (-1, NULL, NULL)");

    const { comparison, lines } = await compare(rows);

    expect(comparison).toMatchObject({ expected: 3, actual: 4, equal: 2, missing: 1, extra: 2, changed: 0 });
    const json = (id: number, name: string, price: string, boss: string) =>
      `"{${[
        `id:${id}`,
        `name:${name}`,
        "code:null",
        `price:${price}`,
        "born:null",
        "facts:null",
        "ratio:null",
        `boss:${boss}`,
      ]
        .map((member) => member.replace(/^(\w+):/, '""$1"":'))
        .join(",")}}"`;
    expect(lines).toEqual([
      `extra,-1,\\N,\\N,${json(-1, "null", "null", "null")}`,
      `missing,2,\\N,${json(2, "null", "null", "1")},\\N`,
      `extra,10,\\N,\\N,${json(10, '""Li \\""x\\""""', "5.000", "null")}`,
    ]);
  });

  it("count in how many rows each column differs, however few lines are listed", async () => {
    await database.query("UPDATE people SET price = 7, name = 'x'");

    const found = await checks.checkTable(people, async (table) => {
      const comparison = await table.compare();
      return { comparison, lines: await text(table.differences(comparison, 2).rows) };
    });

    expect(found.comparison).toMatchObject({ changed: 3, columns: { name: 3, price: 3 } });
    expect(found.lines.split("\n")).toHaveLength(3);
  });

  it("pair rows by a key of several columns, written as a JSON list, and tell its values apart byte by byte", async () => {
    await database.query("UPDATE towns SET name = 'sao' WHERE name = 'São'");

    const { comparison, lines } = await compare(["north,São,2024-02-29", "north,Ulm,2024-03-01"], {
      table: "towns",
      columns: ["region", "name", "seen"],
    });

    expect(comparison).toMatchObject({ equal: 0, missing: 1, extra: 1, changed: 1, pairedBy: ["region", "name"] });
    expect([...lines].sort()).toEqual([
      `changed,"[""north"",""Ulm""]",seen,2024-03-01,\\N`,
      `extra,"[""north"",""sao""]",\\N,\\N,"{""region"":""north"",""name"":""sao"",""seen"":""2024-02-29""}"`,
      `missing,"[""north"",""São""]",\\N,"{""region"":""north"",""name"":""São"",""seen"":""2024-02-29""}",\\N`,
    ]);
  });

  it("look only at the rows of a unit where the table may hold others", async () => {
    const { comparison, lines } = await compare(rows.slice(0, 1), { allRows: false });

    expect(comparison).toMatchObject({ expected: 1, equal: 1, ...nothing });
    expect(lines).toEqual([]);
  });

  it("give the rows that have a pair as the target's types print them", async () => {
    const request = { ...people, columns: ["id", "name", "price", "born"], allRows: false };

    const found = await checks.checkTable(
      { ...request, parts: [part(["3,,0,1970-01-01 00:00:00", "1,Amina,1.5,2024-01-31 08:00:00"])] },
      async (table) => await text(table.pairedRows(await table.compare(), 10).rows),
    );

    const fraction = product === "PostgreSQL" ? "" : ".000000";
    expect(found).toBe(`1,Amina,1.500,2024-01-31 08:00:00${fraction}\n3,,0.000,1969-12-31 23:59:59.999999\n`);
  });

  it("count how often each row without a key occurs, NULLs included", async () => {
    const same = await compare(["b,\\N", "a,true", "\\N,\\N", "a,true"], notes);
    const different = await compare(["b,\\N", "a,true", "\\N,\\N", "A,true"], notes);

    expect(same.comparison).toMatchObject({ expected: 4, actual: 4, equal: 4, pairedBy: [], ...nothing });
    expect(different.comparison).toMatchObject({ equal: 3, missing: 1, extra: 1 });
    expect([...different.lines].sort()).toEqual([
      `extra,"[""a"",""true""]",\\N,\\N,"{""line"":""a"",""facts"":true}"`,
      `missing,"[""A"",""true""]",\\N,"{""line"":""A"",""facts"":true}",\\N`,
    ]);
  });

  it("list a row that is there three times too often three times", async () => {
    await database.query("INSERT INTO notes VALUES ('b', NULL), ('b', NULL), ('b', NULL)");

    const { comparison, lines } = await compare(["b,\\N", "a,true", "\\N,\\N", "a,true"], notes);

    expect(comparison).toMatchObject({ equal: 4, missing: 0, extra: 3 });
    expect(lines).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^extra,"\[""b"",null\]"/)));
  });

  it("fall back to whole rows where the declared key repeats or is NULL", async () => {
    const { comparison } = await compare(["b,\\N", "a,true", "\\N,\\N", "a,true"], { ...notes, key: ["line"] });

    expect(comparison).toMatchObject({ equal: 4, pairedBy: [], ...nothing });
  });

  it("do not take two equal rows in the files for one in the target", async () => {
    const { comparison } = await compare([...rows, rows[0] ?? ""]);

    expect(comparison).toMatchObject({ expected: 4, actual: 3, missing: 1, pairedBy: [] });
  });

  it("compare a sample, aggregates, references and figures of a report", async () => {
    await database.query("UPDATE people SET price = 2 WHERE id = 1");

    const found = await checks.checkTable(people, async (table) => {
      const byCode = { group: ["code"], severity: "error" } as const;
      const sum = { measure: "sum", column: "price" } as const;
      const figures = ["count", "min", "max", "avg", "distinct", "nulls"] as const;
      const selected = await table.select("SELECT name, count(*) AS often FROM people WHERE id = 1 GROUP BY name");
      const lines = await text(selected.rows.rows);
      return {
        sample: await table.compareSample(part(rows.slice(1))),
        aggregates: [
          await table.compareAggregate({ ...byCode, measures: [{ measure: "count", column: undefined }, sum] }),
          await table.compareAggregate({ group: [], severity: "error", measures: [sum] }),
          await table.compareAggregate({
            ...byCode,
            measures: [
              ...figures
                .map((measure) => ({ measure, column: "name" }) as const)
                .filter(({ measure }) => measure !== "avg"),
              { measure: "avg", column: "ratio" },
              { measure: "sum", column: "ratio" },
            ],
          }),
        ],
        orphans: await table.countOrphans({ columns: ["boss"], parent: "people", parentColumns: ["id"] }),
        byAnotherType: await table.countOrphans({ columns: ["name"], parent: "people", parentColumns: ["id"] }),
        selected: { columns: selected.columns, lines },
      };
    });

    expect(found).toMatchObject({
      sample: { of: "sample", expected: 2, equal: 2, ...nothing },
      aggregates: [
        { groups: 3, differing: 1 },
        { groups: 1, differing: 1 },
        { groups: 3, differing: 0 },
      ],
      orphans: 1,
      byAnotherType: 2,
      selected: { columns: ["name", "often"], lines: "Amina,1\n" },
    });
  });

  it("take aggregates of a unit's rows alone where the table holds others", async () => {
    const request = { ...people, allRows: false, parts: [part(rows.slice(0, 1))] };
    const aggregate = { group: ["name"], severity: "error", measures: [{ measure: "sum", column: "price" }] } as const;

    const found = await checks.checkTable(request, (table) => table.compareAggregate(aggregate));

    expect(found).toEqual({ groups: 1, differing: 0 });
  });

  it("list rows whose parent is not there by their key, with what they hold, and no more than are wanted", async () => {
    await database.query("INSERT INTO people (id, name, boss) VALUES (20, 'x', 8), (21, 'x', 9)");
    const toPeople = { columns: ["boss"], parent: "people", parentColumns: ["id"] };
    const toTowns = { columns: ["region", "name"], parent: "towns", parentColumns: ["name", "region"] };
    const towns = { table: "towns", columns: ["region", "name", "seen"], key: undefined, allRows: true, parts: [] };

    const [bosses, regions] = [
      await checks.checkTable(people, async (table) => await listed(table, toPeople, 2)),
      await checks.checkTable(towns, async (table) => await listed(table, toTowns, 9)),
    ];

    expect(bosses).toEqual(["orphan,3,boss,a row of people,7", "orphan,20,boss,a row of people,8"]);
    expect(regions.map((line) => line.replaceAll(", ", ","))).toEqual([
      'orphan,"[""north"",""São""]","region,name",a row of towns,"[""north"",""São""]"',
      'orphan,"[""north"",""Ulm""]","region,name",a row of towns,"[""north"",""Ulm""]"',
    ]);
  });

  it("ask tests and references of a unit's rows alone; what is unique is so among all", async () => {
    await database.query(
      "INSERT INTO people (id, name, code) VALUES (9, 'Amina', 'x'), (10, NULL, 'x'), (11, '', 'x')",
    );
    const request = { ...people, allRows: false, parts: [part(rows.slice(0, 1))] };
    const [column, severity] = ["name", "error"] as const;

    const answers = await checks.checkTable(request, async (table) => {
      await table.compare();
      return [
        await table.answer({ kind: "not_null", columns: [column], severity }),
        await table.answer({ kind: "accepted_values", column, values: ["Amina"], severity }),
        await table.answer({ kind: "range", column: "price", min: "1", max: undefined, severity }),
        await table.answer({ kind: "pattern", column, matches: "^Amina$", severity }),
        await table.answer({ kind: "missing_percent", column, max: 0, severity }),
        await table.answer({ kind: "unique", columns: ["code"], severity }),
        await table.answer({ kind: "unique", columns: [column], severity }),
      ].map(({ actual }) => actual);
    });
    const orphans = await checks.checkTable(request, (table) =>
      table.countOrphans({ columns: ["boss"], parent: "people", parentColumns: ["id"] }),
    );

    expect(answers).toEqual([0, 0, 0, 0, "0 of 1", 0, 1]);
    expect(orphans).toBe(0);
  });

  it("know true and false by the words that a specification has for them", async () => {
    await database.query("CREATE TABLE flags (open boolean); INSERT INTO flags VALUES (true), (false), (true)");
    const flags = { table: "flags", columns: ["open"], key: undefined, allRows: true, parts: [part(["t", "f", "t"])] };
    const test = { kind: "accepted_values", column: "open", severity: "error" } as const;

    const found = await checks.checkTable(flags, async (table) => ({
      both: (await table.answer({ ...test, values: ["t", "f"] })).actual,
      one: (await table.answer({ ...test, values: ["t"] })).actual,
    }));

    expect(found).toEqual({ both: 0, one: 1 });
  });

  it("answer every test of the specification", async () => {
    await database.query("UPDATE people SET name = 'AMINA' WHERE id = 2");
    const severity = "error";

    const found = await checks.checkTable(people, async (table) => ({
      unique: (await table.answer({ kind: "unique", columns: ["name"], severity })).actual,
      repeated: (await table.answer({ kind: "unique", columns: ["ratio", "code"], severity })).actual,
      nulls: (await table.answer({ kind: "not_null", columns: ["id", "name", "price"], severity })).actual,
      accepted: (await table.answer({ kind: "accepted_values", column: "price", values: ["1.5", "9"], severity }))
        .actual,
      acceptedTexts: (await table.answer({ kind: "accepted_values", column: "name", values: ["amina", ""], severity }))
        .actual,
      below: (await table.answer({ kind: "range", column: "price", min: "1", max: undefined, severity })).actual,
      late: (
        await table.answer({ kind: "range", column: "born", min: "1900-01-01", max: "2024-01-31 07:59:59", severity })
      ).actual,
      unlike: (await table.answer({ kind: "pattern", column: "name", matches: "^(A[a-z]+)?$", severity })).actual,
      missing: await table.answer({ kind: "missing_percent", column: "price", max: 40, severity }),
      counts: await table.answer({ kind: "row_count_equal", to: "notes", severity }),
      query: (
        await table.answer({ kind: "query", name: "q", sql: "SELECT id FROM people WHERE id > 1 -- all", severity })
      ).actual,
      old: (await table.answer({ kind: "freshness", column: "born", maxAge: { count: 2, unit: "days" }, severity }))
        .holds,
    }));

    expect(found).toMatchObject({
      unique: 0,
      repeated: 0,
      nulls: 1,
      accepted: 1,
      acceptedTexts: 2,
      below: 1,
      late: 1,
      unlike: 1,
      missing: { holds: true, actual: "1 of 3" },
      counts: { holds: false, expected: 4, actual: 3 },
      query: 2,
      old: false,
    });
  });

  it("are of one state: rows that others commit meanwhile are not seen", async () => {
    const { comparison } = await checks.checkTable(people, async (table) => {
      await database.query("DELETE FROM people WHERE id = 1");
      return { comparison: await table.compare() };
    });

    expect(comparison).toMatchObject({ actual: 3, equal: 3 });
  });

  it("forbid whatever the specification's own SQL would write", async () => {
    const query = { kind: "query", name: "q", sql: "SELECT writes() AS one", severity: "error" } as const;

    const error = await rejection(checks.checkTable(people, (table) => table.answer(query)));

    expect(error).toMatchObject({ message: expect.stringMatching(/read.only/i) });
    expect(await database.count("notes")).toBe(4);
  });

  it("leave nothing behind, also where the rows are not as promised", async () => {
    const error = await rejection(compare([], { parts: [part(rows, { rowCount: 4 })] }));
    const { comparison } = await compare(rows);

    expect(error).toMatchObject({ kind: "integrity", message: expect.stringContaining("promises 4 rows") });
    expect(comparison).toMatchObject({ equal: 3 });
  });

  it("name a column that the target has lost, and a bound that is no value of its column", async () => {
    const lost = await rejection(compare(rows, { columns: [...columns.slice(1), "spent"] }));
    const bound = await rejection(
      checks.checkTable(people, (table) =>
        table.answer({ kind: "range", column: "born", min: "2024-02-31", max: undefined, severity: "error" }),
      ),
    );

    expect(lost).toMatchObject({ kind: "integrity", message: expect.stringContaining("has no column spent") });
    expect(bound).toBeInstanceOf(Error);
  });
});
