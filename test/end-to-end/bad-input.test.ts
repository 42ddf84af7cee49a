import { expect, it } from "vitest";
import { columnsNamed, type Extracted } from "../stages/transform/extracted.js";
import { readMapped } from "../stages/transform/mapped.js";
import { readyToMap } from "../stages/transform/ready.js";
import { runProgram } from "../support/program.js";
import { temporaryFolder } from "../support/work.js";

// What a specification or a legacy source may hold that nobody meant: each ends as a reject with its reason or as 78 with
// file and line, never as a value that was changed without a word.

const migration = "migration: TEST-1\nextracts:\n  people: { key: [id] }\n";

const holding = (value: string): Extracted => ({
  columns: columnsNamed(["id", "x"], { id: "integer" }),
  rows: [
    ["1", value],
    ["2", null],
  ],
  key: ["id"],
  keyIsUnique: true,
});

const people = (column: string): string => `table: people\ncolumns:\n  id: id\n  v: ${column}\n`;

it.each([
  ["an unmapped code", "{ from: x, map: { A: a } }", "B", "v is not in the map"],
  ["the 31st of February", "{ from: x, date: DD/MM/YYYY }", "31/02/2024", "v is not a date in the format DD/MM/YYYY"],
  ["a two-digit year", "{ from: x, date: DD/MM/YYYY }", "01/02/24", "v is not a date in the format DD/MM/YYYY"],
  ["1.234,56 under the wrong convention", "{ from: x, number: true }", "1.234,56", "v is not a number"],
  ["1,234.56 under the wrong convention", '{ from: x, number: { decimal: ",", thousands: "." } }', "1,234.56", "v is"],
  [
    "a number too wide for its column",
    "{ from: x, type: 'numeric(6,2)' }",
    "123456.00",
    "v has more than 4 digits before the decimals, numeric(6,2) holds 4",
  ],
  [
    "a fraction too fine for its column",
    "{ from: x, type: 'numeric(6,2)' }",
    "1.005",
    "v has more than 2 decimals, numeric(6,2) holds 2",
  ],
  ["an integer too large", "{ from: x, type: smallint }", "32768", "v is outside the range of smallint"],
  ["a text too long", "{ from: x, type: varchar(3) }", "abcd", "v is longer than varchar(3) holds"],
  [
    "a float out of range",
    "{ from: x, type: double precision }",
    "1e400",
    "v is outside the range of double precision",
  ],
  ["a word that is no truth", "{ from: x, boolean: { true: [NO], false: [yes] } }", "No", "v is"],
])("%s is rejected with its reason, and the row beside it is written", async (_, column, value, reason) => {
  const { run, work } = await readyToMap({
    files: { "migration.yaml": migration, "people.yaml": people(column) },
    extracts: { people: holding(value) },
  });

  const { exitCode } = await run();

  const { output, rejects } = await readMapped(work, "people");
  expect(exitCode).toBe(0);
  expect(output).toEqual([["2", null]]);
  expect(rejects).toHaveLength(1);
  expect(rejects[0]?.filter((one) => one?.startsWith(reason))).toHaveLength(1);
  expect(rejects[0]?.slice(-2)).toEqual(["1", value]);
});

it("YAML's own traps are the text that stands there: NO, 1.10, 0123, 1e3, a date, null in quotes", async () => {
  const map =
    "{ from: x, map: { NO: no, 1.10: money, 0123: octal, 1e3: float, 2024-01-01: day, 'null': word }, otherwise: other }";
  const values = ["NO", "1.10", "0123", "1e3", "2024-01-01", "null", "false", "1.1", "123", "1000"];
  const rows = values.map((value, index) => [String(index), value]);
  const { run, work } = await readyToMap({
    files: { "migration.yaml": migration, "people.yaml": people(map) },
    extracts: { people: { ...holding(""), rows } },
  });

  await run();

  const { output } = await readMapped(work, "people");
  expect(output.map(([, value]) => value)).toEqual([
    ...["no", "money", "octal", "float", "day", "word"],
    ...["other", "other", "other", "other"],
  ]);
});

const anchors = Array.from({ length: 2000 }, (_, at) => `  v${at}: &a${at} { from: x }\n`).join("");

it.each([
  [
    "a rule on a column that does not exist",
    people("{ from: naem }"),
    {},
    /people\.yaml:4: .*no column "naem"; did you mean "name"\?/,
  ],
  [
    "a lookup with a blank key",
    people("{ from: x, lookup: { file: lookups/a.csv, key: k, value: v } }"),
    { "lookups/a.csv": "k,v\n1,a\n ,b\n" },
    /lookups\/a\.csv:3: key "k" is blank/,
  ],
  [
    "a lookup with a doubled key",
    people("{ from: x, lookup: { file: lookups/a.csv, key: k, value: v } }"),
    { "lookups/a.csv": "k,v\n1,a\n2,b\n1,c\n" },
    /lookups\/a\.csv:4: key "k" repeats the one of line 2/,
  ],
  [
    "a pattern that looks around",
    people('{ from: x, replace: { pattern: "(?=a)+", with: b } }'),
    {},
    /people\.yaml:4: .*looks around/,
  ],
  ["a two-digit year in a format", people("{ from: x, date: DD/MM/YY }"), {}, /people\.yaml:4: /],
  ["an unknown type", people("{ from: x, type: varchr(3) }"), {}, /people\.yaml:4: .*did you mean "varchar"\?/],
  [
    "anchors by the thousand",
    `table: people\ncolumns:\n${anchors}  w: *a1\n`,
    {},
    /people\.yaml:2003: an alias \(\*\) is not followed/,
  ],
  ["the same column twice", "table: people\ncolumns:\n  v: x\n  v: id\n", {}, /people\.yaml:4: /],
])("%s is error 78 with file and line, and nothing is written", async (_, table, more, message) => {
  const named = { ...holding("a"), columns: columnsNamed(["id", "name"], { id: "integer" }) };
  const { run } = await readyToMap({
    files: { "migration.yaml": migration, "people.yaml": table, ...more },
    extracts: { people: table.includes("naem") ? named : holding("a") },
  });

  const { exitCode, stderr, stdout } = await run();

  expect(stderr).toMatch(message);
  expect(exitCode).toBe(78);
  expect(stdout).toBe("");
});

it("a pattern that other engines run for ever is over at once", async () => {
  const { run, work } = await readyToMap({
    files: {
      "migration.yaml": migration,
      "people.yaml": people('{ from: x, replace: { pattern: "(a+)+$", with: b } }'),
    },
    extracts: { people: holding(`${"a".repeat(5000)}!`) },
  });

  const { exitCode } = await run();

  const { output } = await readMapped(work, "people");
  expect(exitCode).toBe(0);
  expect(output[0]?.[1]).toBe(`${"a".repeat(5000)}!`);
});

it("check finds what is wrong with the specification before anything was extracted", async () => {
  const { migration: folder } = await readyToMap({
    files: { "migration.yaml": migration, "people.yaml": people("{ from: x, trin: true }") },
    extracts: {},
  });

  const { exitCode, stderr } = await runProgram("check", ["--mapping", "-m", folder, "-w", await temporaryFolder()]);

  expect(exitCode).toBe(78);
  expect(stderr).toContain('people.yaml:4: unknown key "trin"; did you mean "trim"?');
});
