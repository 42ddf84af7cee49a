import { describe, expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { complaints, filesOf } from "./specification-fixture.js";

const head = "migration: M-1\nextracts: { people: { key: [id] }, aid: , orders: { key: [no, year] } }\n";
const people = "table: people\ncolumns: { id: { uuid5: [id] }, name: name }\nkey: [id]\n";
const orders = "table: orders\ncolumns: { id: { uuid5: [no, year] } }\nexpect: [{ unique: id }]\n";

const files = (column: string, more: Readonly<Record<string, string>> = {}, rest = "") => ({
  "migration.yaml": head,
  "people.yaml": people,
  "orders.yaml": orders,
  "aid.yaml": `table: aid\ncolumns:\n  id: id\n  to: ${column}\n  flagged: { flagged: true }\n${rest}`,
  ...more,
});

const relationshipsOf = (contents: Readonly<Record<string, string>>, table = "aid") =>
  parseMigration(filesOf(contents)).tables.find(({ name }) => name === table)?.relationships;

describe("what references says", () => {
  it("implies the relationship to the parent's key, and comes after its parent", () => {
    const contents = files("{ from: person, references: people }");

    expect(relationshipsOf(contents)).toEqual([
      {
        ...{ rule: "to.references", column: "to", parent: "people", parentColumn: "id", severity: "error" },
        ...{ translates: { extract: "people", keyColumns: 1 }, otherwise: { kind: "reject" }, flags: false },
      },
    ]);
    expect(parseMigration(filesOf(contents)).tables.map(({ name }) => name)).toEqual(["orders", "people", "aid"]);
  });

  it("takes the place of an origin where it names the columns", () => {
    const [column] = parseMigration(
      filesOf(files("{ references: { table: orders, by: [no, year] }, otherwise: null }")),
    )
      .tables.filter(({ name }) => name === "aid")
      .flatMap(({ columns }) => (columns === "all" ? [] : columns.filter(({ name }) => name === "to")));

    expect(column?.origin).toEqual({ kind: "source_key", columns: ["no", "year"] });
  });

  it("lets a test of the same relationship add its severity", () => {
    const test = "expect: [{ relationships: { column: to, to: people.id, severity: warn } }]\n";

    const relationships = relationshipsOf(files("{ from: person, references: people, otherwise: null }", {}, test));

    expect(relationships).toMatchObject([{ rule: "to.references", severity: "warn", otherwise: { value: null } }]);
  });
});

interface Refusal {
  readonly what: string;
  readonly column: string;
  readonly line: string;
  readonly more?: Readonly<Record<string, string>>;
}

describe("what references cannot say", () => {
  const refusals: readonly Refusal[] = [
    {
      what: "a table that is not there",
      column: "{ references: peple }",
      line: 'aid.yaml:4: references: table "peple" is not of this migration; did you mean "people"?',
    },
    {
      what: "a parent whose ledger leaves rows out",
      column: "{ references: people }",
      line: "aid.yaml:4: references: people writes a ledger of exceptions, which does not say what became of every key",
      more: { "people.yaml": `${people}ledger: exceptions\n` },
    },
    {
      what: "a parent that nothing names",
      column: "{ references: people }",
      line: "aid.yaml:4: references: people.yaml does not say which column names a row of people",
      more: { "people.yaml": people.replace("key: [id]", "") },
    },
    {
      what: "a parent that two columns name",
      column: "{ references: people }",
      line: "aid.yaml:4: references: the key of people has 2 columns (id, name), a reference has one",
      more: { "people.yaml": people.replace("[id]\n", "[id, name]\n") },
    },
    {
      what: "half a source key",
      column: "{ references: orders }",
      line: "aid.yaml:4: to: a row of orders is named by 2 columns of its extract (no, year), references gives 1",
    },
    {
      what: "an extract that the parent is not made from",
      column: "{ references: { table: people, extract: aid } }",
      line: 'aid.yaml:4: references: people is not made from extract "aid"',
    },
    {
      what: "keys that stay as they are",
      column: "{ references: people, otherwise: keep }",
      line: "aid.yaml:4: references with otherwise: keep",
    },
    {
      what: "some rows only",
      column: "{ references: people, only_if: id > '1' }",
      line: "aid.yaml:4: references with only_if",
    },
    { what: "rules after it", column: "{ references: people, trim: true }", line: "aid.yaml:4: trim after references" },
    {
      what: "a value that has to be there and is not",
      column: "{ references: people, otherwise: null, required: true }",
      line: "aid.yaml:4: required to, and otherwise: null",
    },
    {
      what: "an origin beside the columns it names",
      column: "{ from: x, references: { table: orders, by: [no, year] } }",
      line: "aid.yaml:4: both references by and what it would take the place of",
    },
  ];

  it.each(refusals)("refuses $what", ({ column, line, more }) => {
    expect(complaints(files(column, more)).lines).toContain(line);
  });

  it("refuses a test that says something else", () => {
    const test = "expect: [{ relationships: { column: to, to: people.name } }]\n";

    const { lines } = complaints(files("{ references: people }", {}, test));

    expect(lines).toEqual([
      "aid.yaml:4: references people.id, else reject; its test relationships says otherwise (to people.name)",
    ]);
  });

  it("refuses a key, or what duplicates go by, that waits for a ring to be settled", () => {
    const itself =
      "table: people\ncolumns: { id: { from: boss, references: people } }\nkey: [id]\ndedupe: { by: [id], keep: first }\n";

    const { lines } = complaints(files("id", { "people.yaml": itself }));

    expect(lines).toEqual(["people.yaml:2: id is the key and dedupe by of people and references itself"]);
  });
});
