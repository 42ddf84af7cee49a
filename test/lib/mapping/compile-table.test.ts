import { describe, expect, it } from "vitest";
import { compileTable } from "../../../lib/mapping/compile-table.js";
import type { CompiledTable } from "../../../lib/mapping/compiled.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { StageError } from "../../../lib/model/errors.js";
import { runPeople } from "./run-table.js";
import { filesOf, peopleWith } from "./specification-fixture.js";

function compile(text: string, names: readonly string[] = ["id", "name", "born"]): CompiledTable {
  const [table] = parseMigration(filesOf({ "people.yaml": text })).tables;
  if (table === undefined) throw new Error("no table");
  const columns = names.map((name) => ({ name, type: name === "id" ? "integer" : "string", databaseType: "" }));
  return compileTable("M-1", table, columns);
}

function complaint(text: string, names?: readonly string[]): readonly string[] {
  try {
    compile(text, names);
  } catch (error) {
    if (error instanceof StageError && error.kind === "specification") return error.message.split("\n");
    throw error;
  }
  throw new Error("the table was accepted");
}

describe("source columns", () => {
  it("all of them are copied under their names where the table says so", () => {
    const { columns } = compile("table: people\ncolumns: all\n");

    expect(columns.map(({ name, start, type, steps }) => [name, start, type, steps])).toEqual([
      ["id", '"id"', "integer", []],
      ["name", '"name"', "string", []],
      ["born", '"born"', "string", []],
    ]);
  });

  it("one that the extract does not have is told with its line and the nearest one, each of them", () => {
    const text = `${peopleWith("a: nmae", "b: { uuid5: [ID] }", "c: { trim: true }")}dedupe: { by: [brn], keep: latest, order: at, tie_break: nmae desc }\n`;

    expect(complaint(text)).toEqual([
      'people.yaml:3: columns.a: extract people has no column "nmae"; did you mean "name"?',
      'people.yaml:4: columns.b: extract people has no column "ID"; did you mean "id"?',
      'people.yaml:5: columns.c: extract people has no column "c"',
      'people.yaml:6: dedupe by: unknown column "brn"; did you mean "born"?',
      'people.yaml:6: dedupe order: unknown column "at"',
      'people.yaml:6: dedupe tie_break: unknown column "nmae"; did you mean "name"?',
    ]);
  });

  it.each([
    [["Id", "id"], 'column "id" differs from "Id" only in case'],
    [["~0.0"], 'column "~0.0" begins with ~, which is reserved'],
  ])("%j are refused, for DuckDB would take one name for another", (names, text) => {
    expect(complaint("table: people\ncolumns: all\n", names)).toEqual([`people.yaml: extract people: ${text}`]);
  });
});

describe("what the engine is told of a column", () => {
  it.each([
    ["id", "integer", ["id"]],
    ["{ from: id, required: true }", "integer", ["id"]],
    ["{ from: id, trim: true }", "string", undefined],
    ["{ from: born, date: DD/MM/YYYY }", "date", undefined],
    ["{ from: born, date: DD/MM/YYYY, required: true }", "date", undefined],
    ["{ uuid5: [id] }", "string", ["id"]],
    ["{ uuid5: [id, name] }", "string", undefined],
    ["{ uuid5: [id, name], required: true }", "string", ["id", "name"]],
    ["{ flagged: true }", "boolean", undefined],
    ["{ const: 1 }", "string", undefined],
    ["{ sql: id }", "string", undefined],
  ])("%s has type %s and is injective of %j", (rules, type, injectiveOf) => {
    expect(compile(peopleWith(`v: ${rules}`)).columns[0]).toMatchObject({ name: "v", type, injectiveOf });
  });

  it("pii is passed on, and only rules that can change a value log changes", () => {
    const [column] = compile(peopleWith("v: { from: name, trim: true, required: true, pii: true }")).columns;

    expect(column?.pii).toBe(true);
    expect(column?.steps.map(({ rule, logsChanges }) => [rule, logsChanges])).toEqual([
      ["v.trim", true],
      ["v.required", false],
    ]);
  });

  it("every lookup has a name of its own", () => {
    const lookup = "lookup: { file: lookups/a.csv, key: k, value: v }";
    const text = peopleWith(`a: { from: id, ${lookup} }`, `A: { from: id, ${lookup} }`);
    const files = filesOf({ "people.yaml": text, "lookups/a.csv": "k,v\n1,2\n" });

    const { lookups } = compileTable("M-1", parseMigration(files).tables[0] ?? expect.fail(), [
      { name: "id", type: "string", databaseType: "" },
    ]);

    expect(lookups.map(({ file, columns }) => [file, columns])).toEqual([
      ["lookups/a.csv", ["k", "v"]],
      ["lookups/a.csv", ["k", "v"]],
    ]);
    expect(new Set(lookups.map(({ name }) => name.toLowerCase())).size).toBe(2);
  });
});

describe("filter and reject", () => {
  const text = [
    "table: people",
    "filter: [{ keep: name <> 'x' }, { keep: born IS NOT NULL OR id = '3' }]",
    "reject: [{ when: name = 'y', reason: it's y }]",
    "columns: { id: id, name: { required: true } }",
  ].join("\n");

  it("a condition that is not true filters, NULL included; one that is true rejects with its reason", async () => {
    const rows = [
      ["1", "a", "b"],
      ["2", "x", "b"],
      ["3", null, null],
      ["4", "a", null],
      ["5", "y", "b"],
      ["6", "", "b"],
    ];

    const outcomes = await runPeople({ "people.yaml": text }, { columns: ["id", "name", "born"], rows });

    expect(outcomes.map(({ filtered }) => filtered)).toEqual([null, "filter[0]", "filter[0]", "filter[1]", null, null]);
    expect(outcomes[4]?.rejected).toEqual({ rule: "reject[0]", reason: "it's y" });
    expect(outcomes[5]?.rejected?.rule).toBe("name.required");
  });
});
