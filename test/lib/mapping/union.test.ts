import { describe, expect, it } from "vitest";
import { compileTable } from "../../../lib/mapping/compile-table.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { tableOf } from "../../../lib/mapping/per-extract.js";
import { extractName } from "../../../lib/model/names.js";
import { complaints, filesOf } from "./specification-fixture.js";

const migration = "migration: M-1\nextracts:\n  registry:\n  finance:\n  visits:\n";

/** A union of `registry` and `finance` with these columns and further lines. */
function union(columns: readonly string[], ...rest: readonly string[]): Readonly<Record<string, string>> {
  const lines = columns.map((column) => `  ${column}`);
  return {
    "migration.yaml": migration,
    "people.yaml": ["table: people", "union: [registry, finance]", "columns:", ...lines, ...rest, ""].join("\n"),
  };
}

describe("a union that cannot be meant so is refused with its line and the nearest name", () => {
  it.each([
    [
      ["a: { from: { registry: id } }"],
      [],
      "people.yaml:4: columns.a: nothing for finance, of which people is made too",
    ],
    [
      ["a: { from: { registry: id, finanse: id, finance: id } }"],
      [],
      'people.yaml:4: people is not made from extract "finanse"; did you mean "finance"?',
    ],
    [
      ["a: id"],
      ["filter:", "  - { keep: id = '1', in: visits }"],
      'people.yaml:6: people is not made from extract "visits"',
    ],
    [
      ["a: { uuid5: [id] }"],
      [],
      "people.yaml:4: columns.a: people is a union of registry and finance, in which equal id may be two rows or one",
    ],
    [
      ["a: { uuid5: { columns: [id], extract: visits } }"],
      [],
      'people.yaml:4: people is not made from extract "visits"',
    ],
    [
      ["a: { uuid5: { columns: [id], extract: registry, per_extract: true } }"],
      [],
      "people.yaml:4: columns.a.uuid5: both per_extract and extract",
    ],
    [["a: id"], ["from: registry"], "people.yaml:1: both from and union"],
  ])("%j %j", (columns, rest, line) => {
    expect(complaints(union(columns, ...rest)).lines).toEqual([line]);
  });

  it.each([
    ["[registry, registery]", 'people.yaml:2: extract "registery" is not declared; did you mean "registry"?'],
    ["[registry, registry]", 'people.yaml:2: extract "registry" stands in union already'],
  ])("union: %s", (names, line) => {
    const files = union(["a: id"]);
    const text = String(files["people.yaml"]).replace("[registry, finance]", names);

    expect(complaints({ ...files, "people.yaml": text }).lines).toEqual([line]);
  });
});

it("a plain name has to be a column of every extract, the nearest is offered in each", () => {
  const [table] = parseMigration(filesOf(union(["a: name"]))).tables;
  const columns = [{ name: "nmae", type: "string", databaseType: "text" }];

  expect(() => compileTable("M-1", tableOf(table ?? expect.fail(), extractName("finance")), columns)).toThrow(
    'people.yaml:4: columns.a: extract finance has no column "name"; did you mean "nmae"?',
  );
});

it("a table with a map of extracts in every place it may stand is read as it is written", () => {
  const columns = [
    "id: { uuid5: { columns: { registry: id, finance: [no, year] }, per_extract: false } }",
    "name: { from: { registry: name, finance: full_name }, trim: true }",
    "system: { const: { registry: R, finance: null } }",
    "paid: { sql: { registry: 'NULL', finance: upper(paid) } }",
    "origin: { extract_name: true }",
  ];
  const [table] = parseMigration(filesOf(union(columns))).tables;
  const origins = (name: string) => {
    const seen = tableOf(table ?? expect.fail(), extractName(name)).columns;
    return seen === "all" ? [] : seen.map(({ origin }) => origin);
  };

  expect(origins("registry")).toEqual([
    { kind: "uuid5", table: "people", scope: { kind: "all" }, columns: ["id"] },
    { kind: "from", column: "name" },
    { kind: "const", value: "R" },
    { kind: "sql", sql: "NULL" },
    { kind: "extract_name" },
  ]);
  expect(origins("finance")).toEqual([
    { kind: "uuid5", table: "people", scope: { kind: "all" }, columns: ["no", "year"] },
    { kind: "from", column: "full_name" },
    { kind: "const", value: null },
    { kind: "sql", sql: "upper(paid)" },
    { kind: "extract_name" },
  ]);
});
