import { describe, expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { runPeople } from "./run-table.js";
import { complaints, filesOf, peopleWith } from "./specification-fixture.js";

/** A target whose table `people` has these columns. */
const target = (...columns: readonly string[]): Readonly<Record<string, string>> => ({
  "schema/target.yaml": ["tables:", "  people:", ...columns.map((column) => `    ${column}`), ""].join("\n"),
});

const rulesOf = (files: Readonly<Record<string, string>>) => {
  const [table] = parseMigration(filesOf(files)).tables;
  if (table === undefined || table.columns === "all") throw new Error("no columns");
  return table.columns.map(({ rules }) => rules.map(({ rule, options }) => [rule, options]));
};

describe("schema/target.yaml", () => {
  it("gives every column its type, after its rules, unless it has one of its own", () => {
    const columns = ["a: {}", "b: { trim: true, required: true }", "c: { type: varchar(5) }", "d: { flagged: true }"];
    const types = target("a: numeric(12,2)", "b: text not null default", "c: text", "d: boolean not null", "e: any");

    expect(rulesOf({ "people.yaml": peopleWith(...columns, "e: {}"), ...types })).toEqual([
      [["a.type", "numeric(12,2)"]],
      [
        ["b.trim", true],
        ["b.required", true],
        ["b.type", "text not null"],
      ],
      [["c.type", "varchar(5)"]],
      [],
      [],
    ]);
  });

  it("leaves a reference alone, which is the parent's source key until all rules are done", () => {
    const columns = ["id: { uuid5: id }", "boss: { from: boss, references: people }"];
    const files = { "people.yaml": `${peopleWith(...columns)}key: id\n`, ...target("id: uuid not null", "boss: uuid") };

    expect(rulesOf(files)).toEqual([[["id.type", "uuid not null"]], [["boss.references", expect.anything()]]]);
  });

  it("checks the columns of `columns: all` too", async () => {
    const files = {
      "people.yaml": "table: people\ncolumns: all\n",
      ...target("id: smallint not null", "name: varchar(3)"),
    };
    const source = {
      columns: ["id", "name"],
      rows: [
        ["1", "Ada"],
        [null, "Bo"],
        ["3", "Grace"],
      ],
    };

    const rows = await runPeople(files, source);

    expect(rows.map(({ rejected }) => rejected?.reason)).toEqual([
      undefined,
      "id is NULL, and the target's column is not null",
      "name is longer than varchar(3) holds",
    ]);
    await expect(runPeople({ ...files, ...target("id: text", "nam: text") }, source)).rejects.toThrow(
      'people.yaml: schema/target.yaml: table people has no column "name"; did you mean "nam"?',
    );
    await expect(
      runPeople({ ...files, ...target("id: text", "name: text", "x: text not null") }, source),
    ).rejects.toThrow("people needs a value in x (not null without default), and the mapping gives none");
  });

  it("refuses a column that it does not list, and one that it needs and nobody fills", () => {
    const types = target("idd: integer", "born: date not null", "made: timestamptz not null default", "note: text");

    const { lines, hint } = complaints({ "people.yaml": peopleWith("id: {}"), ...types });

    expect(lines).toEqual([
      "people.yaml: schema/target.yaml: people needs a value in born (not null without default), and the mapping gives none",
      'people.yaml:3: schema/target.yaml: table people has no column "id"; did you mean "idd"?',
    ]);
    expect(hint).toContain("waybill schema");
  });

  it("refuses a table that it does not list, a type that there is not, and what is no such file", () => {
    const people = { "people.yaml": peopleWith("id: {}") };
    const lines = (text: string) => complaints({ ...people, "schema/target.yaml": text }).lines;

    expect(lines("tables:\n  poeple:\n    id: text\n")).toEqual([
      'people.yaml: schema/target.yaml does not list table "people"; did you mean "poeple"?',
    ]);
    expect(lines("tables:\n  people:\n    id: intger\n")).toEqual([
      'schema/target.yaml:3: tables.people.id: unknown type "intger"; did you mean "integer"?',
    ]);
    expect(lines("people:\n  id: integer\n")[0]).toBe('schema/target.yaml:1: "tables" is missing');
    expect(lines("tables:\n\tpeople: {}\n")[0]).toContain("schema/target.yaml:2: ");
  });

  it("leaves fingerprints alone where it says something of columns that the mapping does not fill", () => {
    const files = { "people.yaml": peopleWith("id: {}") };

    const [one] = parseMigration(filesOf({ ...files, ...target("id: integer") })).tables;
    const [other] = parseMigration(filesOf({ ...files, ...target("id: integer", "note: text") })).tables;

    expect(one).toEqual(other);
  });
});
