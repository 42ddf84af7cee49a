import { describe, expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { sourceVariable } from "../../../lib/mapping/source-names.js";
import { complaints, filesOf } from "./specification-fixture.js";

const files = (...lines: readonly string[]) => ({
  "migration.yaml": ["migration: M-1", ...lines, ""].join("\n"),
  "people.yaml": "table: people\ncolumns: all\n",
});
const two = "sources: { registry: pg://h/r, finance: }";

it("names of sources arrive in the order of the file, and every extract knows its own", () => {
  const migration = parseMigration(
    filesOf(files(two, "extracts: { people: { source: finance }, camps: { source: registry } }")),
  );

  expect(migration.sources).toEqual([
    { name: "registry", url: "pg://h/r" },
    { name: "finance", url: undefined },
  ]);
  expect(migration.extracts.map(({ source }) => source)).toEqual(["finance", "registry"]);
});

it("the only source need not be named by its extracts, and without sources: it has no name", () => {
  const named = parseMigration(filesOf(files("sources: { registry: pg://h/r }", "extracts: { people: }")));
  const nameless = parseMigration(filesOf(files("source: pg://h/r", "extracts: { people: }")));

  expect(named.extracts[0]?.source).toBe("registry");
  expect(nameless.extracts[0]?.source).toBeUndefined();
  expect(nameless.sources).toEqual([{ name: undefined, url: "pg://h/r" }]);
});

it("a name makes the variable that says where the source is", () => {
  expect([sourceVariable(undefined), sourceVariable("old-finance")]).toEqual([
    "WAYBILL_SOURCE_URL",
    "WAYBILL_SOURCE_OLD_FINANCE_URL",
  ]);
});

describe("what is wrong is told with line and cure", () => {
  it.each([
    [
      [two, "extracts: { people: { source: regstry } }"],
      '3: extracts.people.source: "regstry" is no source; did you mean "registry"?',
    ],
    [
      [two, "extracts:", "  people: {}"],
      "4: extracts.people: which of the sources it reads is not said: registry, finance",
    ],
    [
      ["source: pg://h/r", "extracts: { people: { source: registry } }"],
      '3: extracts.people.source: "registry" is not declared',
    ],
    [["source: pg://h/r", two, "extracts: { people: }"], "1: both source and sources"],
    [["sources: {}", "extracts: { people: }"], "2: sources: empty"],
    [["sources: { 1st: }", "extracts: { people: }"], '2: sources.1st: "1st" is no name of a source'],
    [
      ["sources: { a-b: , A_B: }", "extracts: { people: { source: a-b } }"],
      "2: sources.A_B: A_B and a-b share the variable WAYBILL_SOURCE_A_B_URL",
    ],
    [["sources: { a: pg://me:secret@h/r }", "extracts: { people: }"], "2: sources.a: the URL holds a password"],
  ])("%j", (lines, line) => {
    expect(complaints(files(...lines)).lines).toEqual([`migration.yaml:${line}`]);
  });
});
