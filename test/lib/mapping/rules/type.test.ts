import { describe, expect, it } from "vitest";
import { compileTable } from "../../../../lib/mapping/compile-table.js";
import { parseMigration } from "../../../../lib/mapping/parse-migration.js";
import { runColumn } from "../run-table.js";
import { complaints, filesOf, peopleWith } from "../specification-fixture.js";

type Value = string | null;

/** Of each value its reason for being rejected, or "fits". */
async function verdicts(type: string, values: readonly Value[]): Promise<readonly Value[]> {
  const rows = await runColumn(`{ from: x, type: "${type}" }`, values);
  expect(rows.map(({ values: [value] }) => value)).toEqual(values);
  return rows.map(({ rejected }) => (rejected === null ? "fits" : rejected.reason));
}

const year = "2024-02-29";

describe("type", () => {
  it.each<[string, readonly Value[]]>([
    ["smallint", ["0", "-32768", "32767", "+5", "007", null]],
    ["integer", ["-2147483648", "2147483647"]],
    ["bigint", ["-9223372036854775808", "9223372036854775807"]],
    ["bigint unsigned", ["0", "18446744073709551615"]],
    ["tinyint(1)", ["-128", "127"]],
    ["int(11) unsigned", ["4294967295"]],
    ["numeric(10,2)", ["12345678.91", "-12345678.9", "0012345678.9100000", ".5", "5.", "NaN", "0"]],
    ["numeric(2,2)", ["0.12", ".12", "-0.1200"]],
    ["decimal(5)", ["99999", "-1.000"]],
    ["numeric", ["1".repeat(2000), "1e-300", "NaN", "-Infinity", `0.${"1".repeat(2000)}`]],
    ["double precision", ["1.7976931348623157e+308", "5e-324", "0", "0e0", "-Infinity", "NaN", "1."]],
    ["real", ["3.4e38", "1e-45", "0.10000000149011612", "16777216", "0.1"]],
    ["double precision", ["0.30000000000000004", "-9007199254740992", "1234567890.12345"]],
    ["boolean", ["t", "f", "TRUE", "no", "1"]],
    ["varchar(3)", ["abc", "日本語", "🙂🙂🙂", "", "a\nb"]],
    ["char(2)", ["ab", "a"]],
    ["text", ["", "x".repeat(100_000)]],
    ["date", [year, "0044-03-15 BC", "infinity", "10000-01-01"]],
    ["timestamp", [`${year} 23:59:59.999999`, `${year}T00:00:00`, "-infinity", "0044-03-15 00:00:00 BC"]],
    ["timestamp(3)", [`${year} 00:00:00.123`, `${year} 00:00:00.123000`]],
    ["timestamp with time zone", [`${year} 00:00:00+00`, `${year} 00:00:00.5-03:30`, `${year} 00:00:00`]],
    ["time", ["00:00:00", "23:59:59.5", "24:00:00"]],
    ["timestamptz", [`${year} 00:00:00+15:59:59`, `${year} 00:00:00-15`]],
    ["uuid", ["f784d87d-4703-50a3-b9c1-4e3c7140bd34", "F784D87D470350A3B9C14E3C7140BD34"]],
    ["uuid", ["{f784d87d-4703-50a3-b9c1-4e3c7140bd34}"]],
    ["jsonb", ['{"a": [1, null, "NaN, ]", "\\\\u0000"]}', '"\\\\u00001"', "1e999", "null", " [ ] "]],
    ["json", ['"\\u0000"']],
    ["bytea", ["\\x", "\\x00ff"]],
    ["enum(new, 'in hand', 'don''t')", ["new", "in hand", "don't"]],
    ["any", ["", "anything"]],
    // Text as databases write it is told quickly, all other text closely: both must come to the same.
    ["bigint", ["0", "-1", "-0", "00", "+9223372036854775807", "-9223372036854775807"]],
    ["bigint unsigned", ["9223372036854775807", "9223372036854775808"]],
    ["numeric(38,4)", ["1.0000", "-0.5000", "-.5", `${"9".repeat(34)}.9999`]],
    ["numeric(39,2)", ["1.00", `${"9".repeat(37)}.99`]],
    ["date", ["0001-01-01", "9999-12-31", "0001-01-01 BC", "294247-01-01"]],
    ["timestamp", ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", `${year} 00:00:00.1`, `${year} 00:00:00.10`]],
    ["timestamp", ["10000-01-01 00:00:00", "infinity"]],
    ["timestamptz", [`${year} 00:00:00.1+00`, `${year} 00:00:00+05:30`, `${year} 00:00:00Z`, "infinity"]],
  ])("%s lets pass what its column holds", async (type, values) => {
    expect(await verdicts(type, values)).toEqual(values.map(() => "fits"));
  });

  it.each<[string, readonly Value[], string]>([
    ["smallint", ["32768", "-32769", "9".repeat(60)], "v is outside the range of smallint"],
    ["smallint", ["", "1.0", "1e3", " 1", "x", "1_000", "0x10"], "v is not a whole number"],
    ["bigint unsigned", ["-1", "18446744073709551616"], "v is outside the range of bigint unsigned"],
    ["mediumint", ["8388608"], "v is outside the range of mediumint"],
    ["numeric(10,2)", ["1.234", "0.001"], "v has more than 2 decimals, numeric(10,2) holds 2"],
    [
      "numeric(10,2)",
      ["123456789", "-123456789.12"],
      "v has more than 8 digits before the decimals, numeric(10,2) holds 8",
    ],
    ["numeric(2,2)", ["1", "1.00"], "v has more than 0 digits before the decimals, numeric(2,2) holds 0"],
    ["numeric(10,2)", ["", ".", "1,5", "1e3", "Infinity", "-"], "v is not a number in plain digits"],
    ["numeric", ["", "1,5", "x"], "v is not a number"],
    ["double precision", ["1e309", "-1e400", "1e-400", "1".repeat(400)], "v is outside the range of double precision"],
    ["real", ["1e39", "1e-60"], "v is outside the range of real"],
    [
      "double precision",
      ["9007199254740993", "0.1234567890123456789"],
      "v has more digits than double precision holds",
    ],
    ["real", ["16777217", "0.30000000000000004"], "v has more digits than real holds"],
    ["real", ["", "ten", "1e"], "v is not a number"],
    ["boolean", ["", "ja", "2"], "v is not a boolean"],
    ["varchar(3)", ["abcd", "abc ", "🙂🙂🙂🙂"], "v is longer than varchar(3) holds"],
    ["text", ["a\0b"], "v holds the character U+0000, which PostgreSQL does not store"],
    ["date", ["2023-02-29", "29/02/2024", "0000-00-00", "0000-01-01", "", `${year} 00:00:00`], "v is not a date"],
    ["timestamp", [year, "2023-02-29 00:00:00", `${year} 24:00:00`, `${year} 23:59:60`], "v is not a day and time"],
    [
      "timestamp",
      [`${year} 00:00:00+00`, `${year} 00:00:00Z`],
      "v has an offset from UTC, which timestamp does not hold",
    ],
    ["timestamptz(3)", [`${year} 00:00:00.0001+00`], "v has a fraction of more than 3 digits, timestamptz(3) holds 3"],
    ["time", ["25:00:00", "21:05", ""], "v is not a time of day"],
    ["timestamptz", [`${year} 00:00:00+16`, `${year} 00:00:00+15:60`], "v is not a day and time"],
    ["uuid", ["{f784d87d-4703-50a3-b9c1-4e3c7140bd34", "f784d87d-4703-50a3-b9c1-4e3c7140bd34}"], "v is not a UUID"],
    ["uuid", ["", "f784d87d-4703-50a3-b9c1-4e3c7140bd3", "g784d87d-4703-50a3-b9c1-4e3c7140bd34"], "v is not a UUID"],
    ["json", ["", "{", "[1,]", "NaN", "{a: 1}", "[1, Infinity]", "{'a': 1}"], "v is not JSON"],
    ["jsonb", ['"\\u0000"', '"a\\\\\\u0000"'], "v holds the character U+0000, which jsonb does not store"],
    ["bytea", ["", "\\x0", "abc", "\\xzz"], "v is not bytes in hex digits"],
    ["enum(new, old)", ["New", "", "new "], "v is none of enum(new, old)"],
    ["integer", [" 1", "1 ", "1e0", "0b1", "1.0", "--1", "1,0"], "v is not a whole number"],
    ["bigint unsigned", ["-9223372036854775808"], "v is outside the range of bigint unsigned"],
    ["numeric(4,2)", ["1.005", "99.999"], "v has more than 2 decimals, numeric(4,2) holds 2"],
    ["numeric(4,2)", ["100.00", "-100.00"], "v has more than 2 digits before the decimals, numeric(4,2) holds 2"],
    ["date", ["0044-03-15 (BC)", "epoch", " 2024-02-29", "2024-2-29", "2024/02/29"], "v is not a date"],
    [
      "timestamp",
      ["0044-03-15 (BC) 00:00:00", "0000-01-01 00:00:00", `${year} 00:00:00+`, ` ${year} 00:00:00`],
      "v is not a day and time",
    ],
    ["timestamptz", ["0044-03-15 (BC) 00:00:00+00", `${year} 24:00:00+00`, "+00", "00"], "v is not a day and time"],
    ["timestamp(3)", [`${year} 00:00:00.0001`], "v has a fraction of more than 3 digits, timestamp(3) holds 3"],
    ["varchar(3) not null", [null], "v is NULL, and the target's column is not null"],
  ])("%s rejects %j", async (type, values, reason) => {
    expect(await verdicts(type, values)).toEqual(values.map(() => reason));
  });

  it("not null lets the empty text pass", async () => {
    expect(await verdicts("varchar(3) not null", ["", null])).toEqual([
      "fits",
      "v is NULL, and the target's column is not null",
    ]);
  });

  it("runs after all other rules, wherever it is written", async () => {
    const rows = await runColumn("{ from: x, type: date not null, date: DD/MM/YYYY, trim: true }", [
      "29/02/2024 ",
      null,
    ]);
    const loose = await runColumn("{ from: x, type: date, date: DD/MM/YYYY, otherwise: keep }", ["31/02/2024"]);

    expect(rows.map(({ rejected }) => rejected?.rule)).toEqual(["v.date", "v.type"]);
    expect(loose.map(({ rejected }) => rejected?.reason)).toEqual(["v is not a date"]);
  });

  it("looks at nothing again that a rule before has made", () => {
    const misses = (column: string): boolean => {
      const migration = parseMigration(filesOf({ "people.yaml": peopleWith(`v: ${column}`) }));
      const [table] = migration.tables;
      if (table === undefined) throw new Error("no table");
      const source = [{ name: "x", type: "date", databaseType: "date" }];
      return compileTable(migration.id, table, source).columns[0]?.steps.at(-1)?.reject !== undefined;
    };

    expect(misses("{ from: x, date: DD/MM/YYYY, otherwise: null, type: date }")).toBe(false);
    expect(misses("{ from: x, null_if: '-', date: DD/MM/YYYY, type: date }")).toBe(false);
    expect(misses("{ uuid5: x, type: uuid }")).toBe(false);
    expect(misses("{ from: x, timestamp: iso, type: timestamptz }")).toBe(false);

    expect(misses("{ from: x, date: DD/MM/YYYY, type: date not null }")).toBe(true);
    expect(misses("{ from: x, date: DD/MM/YYYY, otherwise: keep, type: date }")).toBe(true);
    expect(misses("{ from: x, date: DD/MM/YYYY, default: soon, type: date }")).toBe(true);
    expect(misses("{ from: x, timestamp: iso, type: timestamp }")).toBe(true);
    expect(misses("{ from: x, timestamp: iso, type: timestamptz(3) }")).toBe(true);
    expect(misses("{ from: x, type: date }")).toBe(true);
  });

  it.each([
    ["varcar(20)", 'unknown type "varcar(20)"; did you mean "varchar"?'],
    ["inet", 'unknown type "inet"'],
    ["numeric(2,3)", '"numeric(2,3)" has numbers that its type does not take'],
    ["uuid(16)", '"uuid(16)" has numbers that its type does not take'],
    ["varchar(0)", '"varchar(0)" has numbers that its type does not take'],
    ["enum()", '"enum()" has no words'],
    ["text default", "default belongs into schema/target.yaml"],
    ["not null", 'unknown type "not null"'],
  ])("refuses %s", (type, text) => {
    const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, type: "${type}" }`) });

    expect(lines).toEqual([expect.stringContaining(`people.yaml:3: columns.v.type: ${text}`)]);
  });

  it("says that a type with a comma needs quotes inside braces", () => {
    const { hint } = complaints({ "people.yaml": peopleWith("v: { from: x, type: numeric(10,2) }") });

    expect(hint).toContain("put a type with commas into quotes");
  });
});
