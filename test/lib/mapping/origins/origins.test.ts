import { describe, expect, it } from "vitest";
import { keyName, migrationNamespace, uuid5 } from "../../../../lib/mapping/uuid5.js";
import { runColumn, runPeople } from "../run-table.js";

const first = async (rules: string, value: string | null): Promise<string | null | undefined> =>
  (await runColumn(rules, [value]))[0]?.values[0];

describe("from", () => {
  it("copies the text as it is, NULL and empty told apart", async () => {
    const rows = await runColumn("x", [" a\n", "", null, "\\N", "00501"]);

    expect(rows.map(({ values }) => values[0])).toEqual([" a\n", "", null, "\\N", "00501"]);
  });

  it("is the source column of the same name where a column names no origin", async () => {
    const people = "table: people\ncolumns: { x: { trim: true }, y: {} }\n";

    const [row] = await runPeople({ "people.yaml": people }, { columns: ["x", "y"], rows: [[" a ", " b "]] });

    expect(row?.values).toEqual(["a", " b "]);
  });

  it("finds a column whatever it is called", async () => {
    const names = ['a"b', "select", "0~0", "a.b", " "];
    const people = `table: people\ncolumns:\n${names
      .map((name) => `  ${JSON.stringify(name)}: { trim: true }`)
      .slice(0, 4)
      .join("\n")}\n`;

    const [row] = await runPeople({ "people.yaml": people }, { columns: names, rows: [["1", "2", "3", "4", "5"]] });

    expect(row?.values).toEqual(["1", "2", "3", "4"]);
  });
});

describe("const", () => {
  it.each([
    ["0123", "0123"],
    ["NO", "NO"],
    ["1.10", "1.10"],
    ['"it\'s; --"', "it's; --"],
    ['""', ""],
    ["~", null],
  ])("%s stays its source text", async (written, value) => {
    expect(await first(`{ const: ${written} }`, "any")).toBe(value);
  });
});

describe("sql", () => {
  it("sees source columns as text and writes booleans as the files do", async () => {
    expect(await first("{ sql: upper(x) || '!' }", "a")).toBe("A!");
    expect(await first("{ sql: x > '5' }", "50")).toBe("t");
    expect(await first("{ sql: x IS NULL }", "50")).toBe("f");
    expect(await first('{ sql: "CAST(x AS DECIMAL(10,2)) + 1" }', "1.5")).toBe("2.50");
    expect(await first("{ sql: \"nullif(x, '')\" }", "")).toBeNull();
  });

  it("may be followed by rules", async () => {
    expect(await first("{ sql: concat('x ') || x, trim: true, map: { x 1: one } }", "1 ")).toBe("one");
  });
});

describe("uuid5", () => {
  const key = (table: string, ...values: readonly string[]): string =>
    uuid5(migrationNamespace("M-1"), keyName(table, values));

  it("is made of migration, table and source columns", async () => {
    expect(await first("{ uuid5: [x] }", "42")).toBe(key("people", "42"));
    expect(await first("{ uuid5: x }", "é")).toBe(key("people", "é"));
    expect(await first("{ uuid5: [x, x] }", "1")).toBe(key("people", "1", "1"));
    expect(await first("{ uuid5: [x] }", null)).toBeNull();
  });

  it("gives a child the key that its parent has", async () => {
    const pets =
      "table: pets\nfrom: people\ncolumns: { owner: { uuid5: { table: people, columns: [x] } } }\nexpect: [relationships: { column: owner, to: people.id }]";
    const people = "table: people\ncolumns: { id: { uuid5: [x] } }";
    const files = { "people.yaml": people, "pets.yaml": pets };

    const rows = await Promise.all([0, 1].map((table) => runPeople(files, { columns: ["x"], rows: [["7"]] }, table)));

    expect(rows[1]?.[0]?.values).toEqual(rows[0]?.[0]?.values);
  });
});
