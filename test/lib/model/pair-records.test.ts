import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { type LeftOver, pairRecords, type RecordSides } from "../../../lib/model/pair-records.js";

const many = { records: 1_000_000, bytes: 1_000_000_000 };

import { RecordTooLong } from "../../../lib/model/record-cursor.js";

/** A stream of the records, cut into chunks of so many bytes wherever these end. */
async function* chunksOf(records: readonly string[], byteCount: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(records.join(""));
  for (let start = 0; start < bytes.length; start += byteCount) yield bytes.subarray(start, start + byteCount);
}

interface Pairing {
  readonly expected: readonly (readonly string[])[];
  readonly actual: readonly string[];
  readonly cut?: number;
}

async function pair({ expected, actual, cut = 64 }: Pairing, more: Partial<RecordSides> = {}) {
  const left = await pairRecords({
    actual: chunksOf(actual, cut),
    expected: expected.map((part) => async () => chunksOf(part, cut)),
    mostWaiting: many,
    ...more,
  });
  return left && texts(left);
}

const texts = ({ expected, actual }: LeftOver) => ({
  expected: expected.map(String).sort(),
  actual: actual.map(String).sort(),
});

/** The difference of two multisets, as anybody would write it. */
function difference(one: readonly string[], other: readonly string[]): readonly string[] {
  const rest = [...other];
  return one
    .filter((record) => {
      const at = rest.indexOf(record);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    })
    .sort();
}

const rowOf = (id: number): string => encodeRow([String(id), id % 5 === 0 ? `line\n"${id}"\n` : `name ${id}`, null]);
const rowsOf = (from: number, count: number) => Array.from({ length: count }, (_, index) => rowOf(from + index));

// Few values, so that rows repeat, begin like one another and differ in nothing but their quotes.
const value = fc.constantFrom(null, "", "\\N", " ", "a", "ab", "a\nb", '"', '"\n"', ",", "é", "\r", "\\.");
const record = fc.oneof(
  fc.array(value, { minLength: 2, maxLength: 2 }).map(encodeRow),
  fc.constantFrom("a,b\n", '"a",b\n', "\\N,b\n", '"\\N",b\n', ",b\n", '"",b\n', "\n"),
);
const side = fc.array(record, { maxLength: 30 });

describe("pairing the records of two sides", () => {
  it("leaves over what a difference of multisets does, however chunks cut the records", async () => {
    const cut = fc.integer({ min: 1, max: 40 });
    const sides = fc.record({ expected: fc.array(side, { maxLength: 7 }), actual: side, cut });
    await fc.assert(
      fc.asyncProperty(sides, async ({ expected, actual, cut }) => {
        expect(await pair({ expected, actual, cut })).toEqual({
          expected: difference(expected.flat(), actual),
          actual: difference(actual, expected.flat()),
        });
      }),
      { numRuns: 300 },
    );
  });

  it("does so where parts arrived mixed, and rows were moved, changed, lost, added and repeated since", async () => {
    const run = fc.record({ part: fc.nat({ max: 6 }), length: fc.integer({ min: 1, max: 40 }) });
    const change = fc.record({
      at: fc.nat({ max: 699 }),
      kind: fc.constantFrom("lose", "add", "move", "change", "repeat"),
    });
    const runs = fc.array(run, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(runs, fc.array(change, { maxLength: 12 }), fc.integer({ min: 1, max: 900 }), async (...made) => {
        const [order, changes, cut] = made;
        const expected = Array.from({ length: 7 }, (_, part) => rowsOf(1000 * part, 100));
        const actual = mixed(expected, order);
        for (const { at, kind } of changes) apply(actual, at, kind);

        expect(await pair({ expected, actual, cut })).toEqual({
          expected: difference(expected.flat(), actual),
          actual: difference(actual, expected.flat()),
        });
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["NULL, the text \\N and an empty text", "1,\\N\n", ['1,"\\N"\n', "1,\n", '1,""\n']],
    ["a blank more at the end", "1,a\n", ["1,a \n", "1 ,a\n", "1,a,\n"]],
    ["a line feed within a value and one after it", '1,"a\nb"\n', ["1,a\nb\n", '1,"a\n\nb"\n']],
    ["the beginning of a row and the whole of it", "1,a\n", ["1,ab\n", "1,\n", "1\n"]],
  ])("never takes for one: %s", async (_, row, others) => {
    for (const other of others) {
      const left = await pair({ expected: [[rowOf(1), row, rowOf(2)]], actual: [rowOf(1), other, rowOf(2)] });

      expect(left?.expected.join("")).toContain(row);
      expect(left?.actual.join("")).toBe(other);
    }
  });

  it("counts how often a row is there", async () => {
    const [row, other] = [rowOf(5), rowOf(6)];

    const twice = await pair({ expected: [[row, row, other]], actual: [row, other] });
    const thrice = await pair({ expected: [[row, other]], actual: [other, row, row, row] });

    expect(twice).toEqual({ expected: [row], actual: [] });
    expect(thrice).toEqual({ expected: [], actual: [row, row] });
  });

  it("keeps few records waiting where a thousand rows are gone, some differ, and four parts arrived page by page", async () => {
    const expected = Array.from({ length: 9 }, (_, part) => rowsOf(10_000 * part, 3000));
    const pages = Array.from({ length: 400 }, (_, page) => ({
      part: (page % 4) + 4 * Math.floor(page / 200),
      length: 60,
    }));
    const actual = mixed(expected, pages).filter((_, index) => index < 5000 || index >= 6000);
    for (const at of [0, 60, 777, 3600, 9001, 9002, 20_000]) actual[at] = `changed ${at}\n`;

    const left = await pair({ expected, actual, cut: 65_536 }, { mostWaiting: { records: 4000, bytes: 1_000_000 } });

    expect(left?.expected).toHaveLength(1007);
    expect(left?.actual).toHaveLength(7);
  });

  it("gives up where too many wait, by their number or their bytes, and closes what it opened", async () => {
    const closed: string[] = [];
    const opened = async (rows: readonly string[]) =>
      (async function* () {
        try {
          yield* chunksOf(rows, 100);
        } finally {
          closed.push("part");
        }
      })();
    const sides = { expected: [() => opened(rowsOf(0, 500))], actual: chunksOf(rowsOf(1000, 500), 100) };

    const byNumber = await pairRecords({ ...sides, mostWaiting: { records: 100, bytes: 1e9 } });
    const byBytes = await pair({ expected: [], actual: rowsOf(0, 50) }, { mostWaiting: { records: 1e9, bytes: 200 } });
    const atTheEnd = await pair(
      { expected: [rowsOf(0, 50)], actual: [] },
      { mostWaiting: { records: 49, bytes: 1e9 } },
    );

    expect([byNumber, byBytes, atTheEnd]).toEqual([undefined, undefined, undefined]);
    expect(closed).toEqual(["part"]);
  });

  it("holds no record of more than 16 MB, however the two sides compare", async () => {
    const long = `${"a".repeat(17 * 1024 * 1024)}\n`;

    const pairing = pair({ expected: [[rowOf(1), long]], actual: [rowOf(1), long], cut: 1024 * 1024 });

    await expect(pairing).rejects.toThrow(RecordTooLong);
  });

  it("looks at no more of the parts than a beginning of the other side reaches", async () => {
    const expected = [rowsOf(0, 500), rowsOf(1000, 500)];
    const actual = [...rowsOf(0, 20), "other\n", ...rowsOf(21, 30)];

    const left = await pair({ expected, actual }, { isBeginning: true, mostWaiting: { records: 20, bytes: 10_000 } });

    expect(left).toEqual({ expected: [rowOf(20)], actual: ["other\n"] });
  });
});

/** The rows of all parts in runs of one or another of them, as they come to stand where several load at once. */
function mixed(
  parts: readonly (readonly string[])[],
  runs: readonly { readonly part: number; readonly length: number }[],
): string[] {
  const rest = parts.map((part) => [...part]);
  const rows = runs.flatMap(({ part, length }) => rest[part]?.splice(0, length) ?? []);
  return [...rows, ...rest.flat()];
}

function apply(rows: string[], at: number, kind: "lose" | "add" | "move" | "change" | "repeat"): void {
  const row = rows[at % rows.length] ?? "";
  switch (kind) {
    case "lose":
      rows.splice(at % rows.length, 1);
      return;
    case "add":
      rows.splice(at, 0, `new ${at}\n`);
      return;
    case "move":
      rows.push(...rows.splice(at % rows.length, 1));
      return;
    case "change":
      rows[at % rows.length] = `9${row}`;
      return;
    case "repeat":
      rows.unshift(row);
      return;
    default:
      kind satisfies never;
  }
}
