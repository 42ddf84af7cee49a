import fc from "fast-check";
import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

async function read(options: string, values: readonly (string | null)[]): Promise<readonly unknown[]> {
  const rows = await runColumn(`{ from: x, number: ${options} }`, values);
  return rows.map(({ values: [value], rejected }) => (rejected === null ? value : "rejected"));
}

const german = 'decimal: ",", thousands: "."';

it("number keeps every digit, and takes nothing away but zeros in front and the sign of zero", async () => {
  const long = "1234567890".repeat(6);
  const values = ["0", "007", "-0", "-0.00", "1.10", "+5", ".5", "-.5", "0.000", long, `-0.${long}`, null];

  expect(await read("true", values)).toEqual([
    ...["0", "7", "0", "0.00", "1.10", "5", "0.5", "-0.5", "0.000", long, `-0.${long}`, null],
  ]);
});

it("number rejects what is no number of the convention", async () => {
  const values = [
    "",
    " 1",
    "1 ",
    "1.",
    "1,5",
    "1.234,56",
    "1e3",
    "0x10",
    "NaN",
    "--1",
    "1-",
    "(1)",
    "١",
    "1_000",
    "-",
    ".",
  ];

  expect(await read("true", values)).toEqual(values.map(() => "rejected"));
});

it("number reads thousands only in whole groups of three", async () => {
  const good = ["1.234,56", "12.345.678", "-1.234", "1234,5", "0,5", "1.234.567,001"];
  const bad = ["1,234.56", "1.23", "1.2345", "1234.567", ".123", "1..234", "12.34,5", "1.234,", "1.234.56"];

  expect(await read(`{ ${german} }`, good)).toEqual(["1234.56", "12345678", "-1234", "1234.5", "0.5", "1234567.001"]);
  expect(await read(`{ ${german} }`, bad)).toEqual(bad.map(() => "rejected"));
  expect(await read(`{ thousands: "'" }`, ["1'234.5", "1’234.5"])).toEqual(["1234.5", "rejected"]);
  expect(await read(`{ thousands: "\\u202f" }`, ["1\u202f234.5", "1 234.5"])).toEqual(["1234.5", "rejected"]);
});

it("number reads a minus only where the mapping says it stands", async () => {
  const values = ["-12", "12-", "(12)", "(-12)", "12", "(12", "+12"];

  expect(await read("{ negative: trailing }", values)).toEqual([
    ...["rejected", "-12", "rejected", "rejected", "12", "rejected", "rejected"],
  ]);
  expect(await read("{ negative: [leading, parentheses] }", values)).toEqual([
    ...["-12", "rejected", "-12", "rejected", "12", "rejected", "12"],
  ]);
});

it("number refuses more decimals than scale, unless they are zeros or round says what to do", async () => {
  const values = ["1", "1.5", "1.500", "1.555", "-1.555", "9.995", "99.999", "0.004", "-0.004", "2.545", "2.5450001"];

  expect(await read("{ scale: 2 }", values)).toEqual([
    ...["1.00", "1.50", "1.50", "rejected", "rejected", "rejected", "rejected", "rejected", "rejected"],
    ...["rejected", "rejected"],
  ]);
  expect(await read("{ scale: 2, round: half_up }", values)).toEqual([
    ...["1.00", "1.50", "1.50", "1.56", "-1.56", "10.00", "100.00", "0.00", "0.00", "2.55", "2.55"],
  ]);
  expect(await read("{ scale: 2, round: half_even }", values)).toEqual([
    ...["1.00", "1.50", "1.50", "1.56", "-1.56", "10.00", "100.00", "0.00", "0.00", "2.54", "2.55"],
  ]);
  expect(await read("{ scale: 2, round: down }", values)).toEqual([
    ...["1.00", "1.50", "1.50", "1.55", "-1.55", "9.99", "99.99", "0.00", "0.00", "2.54", "2.54"],
  ]);
  expect(await read("{ scale: 2, round: up }", values)).toEqual([
    ...["1.00", "1.50", "1.50", "1.56", "-1.56", "10.00", "100.00", "0.01", "-0.01", "2.55", "2.55"],
  ]);
  expect(await read("{ scale: 0, round: half_even }", ["0.5", "1.5", "2.5", "9.5", "-0.5"])).toEqual([
    ...["0", "2", "2", "10", "0"],
  ]);
});

type Rounding = "half_up" | "half_even" | "down" | "up";

/** The same with whole numbers: what remains of a division by a power of ten decides. */
function rounded(digits: bigint, decimals: number, { scale, round }: { scale: number; round: Rounding }): string {
  const unit = 10n ** BigInt(Math.max(0, decimals - scale));
  const size = (digits < 0n ? -digits : digits) * 10n ** BigInt(Math.max(0, scale - decimals));
  const [whole, rest] = [size / unit, size % unit];
  const isUp = {
    half_up: rest * 2n >= unit && rest > 0n,
    half_even: rest * 2n > unit || (rest * 2n === unit && whole % 2n === 1n),
    down: false,
    up: rest > 0n,
  }[round];
  const text = String(isUp ? whole + 1n : whole).padStart(scale + 1, "0");
  const shown = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
  return digits < 0n && /[1-9]/.test(shown) ? `-${shown}` : shown;
}

it("number rounds 60 digits as exactly as whole numbers do", async () => {
  const size = 10n ** 60n;
  const numbers = fc.oneof(
    fc.bigInt({ min: -size, max: size }),
    fc.bigInt({ min: -2000n, max: 2000n }).map((number) => number * 5n),
  );
  const rules = fc.constantFrom<Rounding>("half_up", "half_even", "down", "up");

  await fc.assert(
    fc.asyncProperty(
      fc.array(numbers, { minLength: 5 }),
      fc.nat(20),
      fc.nat(5),
      rules,
      async (all, decimals, scale, round) => {
        const texts = all.map((digits) => rounded(digits, decimals, { scale: decimals, round: "down" }));

        const found = await read(`{ scale: ${scale}, round: ${round} }`, texts);

        expect(found).toEqual(all.map((digits) => rounded(digits, decimals, { scale, round })));
      },
    ),
    { numRuns: 40 },
  );
});

it.each([
  ["{ round: half_up }", "round without scale"],
  ["{ scale: 2, round: nearest }", 'expected half_up or half_even or down or up or refuse, found "nearest"'],
  ['{ decimal: ",", thousands: "," }', 'decimal and thousands are both ","'],
  ['{ thousands: "." }', 'decimal and thousands are both "."'],
  ['{ decimal: "5" }', '"5" cannot separate digits'],
  ['{ decimal: "--" }', '"--" cannot separate digits'],
  ["{ scale: 1.5 }", 'expected a number, found "1.5"'],
])("number refuses %s", (options, text) => {
  const { lines } = complaints({ "people.yaml": peopleWith(`v: { from: x, number: ${options} }`) });

  expect(lines.join("\n")).toContain(text);
});

it("number says which convention it read by", async () => {
  const [row] = await runColumn(`{ from: x, number: { ${german}, scale: 2 } }`, ["x"]);

  expect(row?.rejected).toEqual({
    rule: "v.number",
    reason: "v is not a number written like 1.234,5 with at most 2 decimals",
  });
});
