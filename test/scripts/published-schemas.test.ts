import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { allOrigins } from "../../lib/mapping/origins/all-origins.js";
import { allRules } from "../../lib/mapping/rules/all-rules.js";
import { keysOf } from "../../scripts/json-schema.js";
import { publishedSchemas } from "../../scripts/published-schemas.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const schemaOf = (name: string) => JSON.parse(read(`schemas/${name}.schema.json`));
// The independent judge: what an editor does with YAML and these files.
const judges: Readonly<Record<string, ValidateFunction>> = {
  migration: new Ajv({ allowUnionTypes: true }).compile(schemaOf("migration")),
  table: new Ajv({ allowUnionTypes: true }).compile(schemaOf("table")),
};

const specifications = [...foldersIn("mappings"), ...foldersIn("test/cases")].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({ path: join(folder, name), kind: name === "migration.yaml" ? "migration" : "table" })),
);

function foldersIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder)).map((name) => join(folder, name));
}

/** What an editor would mark in a file: nothing, or where and why. */
function marks(kind: string, text: string): readonly string[] {
  const judge = judges[kind];
  if (judge === undefined) throw new Error(`no schema ${kind}`);
  judge(parse(text));
  return (judge.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("the published JSON Schemas", () => {
  it.each(specifications)("accept $path as an editor reads it", ({ path, kind }) => {
    expect(marks(kind, read(path))).toEqual([]);
  });

  it.each([
    ["table", "a misspelt key", "table: a\ncolunms: all\n"],
    ["table", "a misspelt key of a column", "table: a\ncolumns: { b: { from: b, trimm: true } }\n"],
    ["table", "a misspelt key of a rule", "table: a\ncolumns: { b: { lookup: { fiel: x, key: y, value: z } } }\n"],
    ["table", "a word that is none of a list", "table: a\ncolumns: all\nledger: sometimes\n"],
    ["table", "a switch that is no switch", "table: a\ncolumns: { b: { trim: yes } }\n"],
    ["table", "a file without its table", "columns: all\n"],
    ["table", "two tests in one line", "table: a\ncolumns: all\nexpect: [{ unique: a, not_null: a }]\n"],
    ["table", "a number that is none", "table: a\ncolumns: all\nchanges: { limit: many }\n"],
    ["table", "an empty map of columns", "table: a\ncolumns: {}\n"],
    ["migration", "a misspelt key", "migration: M\nextarcts: { a: {} }\n"],
    [
      "migration",
      "a word that is none of a list",
      "migration: M\nextracts: { a: { part_by: { column: b, every: week } } }\n",
    ],
  ])("refuse in a %s file %s", (kind, _, text) => {
    expect(marks(kind, text)).not.toEqual([]);
  });

  it("accept as text what YAML takes for a number, a switch or nothing", () => {
    const columns = "{ 1: 2020, b: { const: 12.50 }, c: { from: c, map: { 1: true, null: ~ }, otherwise: 0 } }";

    expect(marks("table", `table: 1\ncolumns: ${columns}\nkey: 1\n`)).toEqual([]);
    expect(marks("migration", "migration: 2024\nextracts:\n  a:\n  b: { key: [1, b] }\n")).toEqual([]);
  });

  it("know every origin and every rule, say of each what it is, and leave the form of none open", () => {
    const keys = new Map(keysOf(schemaOf("table")).map(({ path, schema }) => [path, schema]));

    for (const { kind } of [...allOrigins, ...allRules]) {
      const { description, ...form } = keys.get(`columns.NAME.${kind}`) ?? {};
      expect(description, kind).toMatch(/\w/);
      expect(Object.keys(form), kind).not.toEqual([]);
    }
  });

  it("say of every key what FORMATS.md says", () => {
    const silent = [...publishedSchemas(read("FORMATS.md"))].flatMap(([path, text]) =>
      keysOf(JSON.parse(text)).flatMap(({ path: key, schema }) => (schema.description ? [] : [`${path}: ${key}`])),
    );

    expect(silent).toEqual([]);
  });

  it("are named in the first line of every example", () => {
    for (const { path, kind } of specifications.filter((one) => one.path.startsWith("mappings/"))) {
      const [line] = read(path).split("\n");
      expect(line, path).toBe(`# yaml-language-server: $schema=../../schemas/${kind}.schema.json`);
    }
  });
});
