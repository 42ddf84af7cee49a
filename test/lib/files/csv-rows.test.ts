import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseRows, readRows, stringifyRows } from "../../../lib/files/csv-rows.js";
import { type CsvValue, encodeRow } from "../../../lib/model/csv-dialect.js";
import { temporaryFolder } from "../../support/work.js";
import { writeRows } from "./written-part.js";

const rows = Array.from({ length: 300 }, (_, id) => [String(id), `name ${id * id}`]);

it("fails, and never hangs, on a gzip file cut off anywhere", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  await writeRows(path, rows);
  const whole = await readFile(path);
  // The first member holds the header alone: cut off after it, the file is whole, and only its manifest knows better.
  const header = whole.indexOf(whole.subarray(0, 10), 1);

  await fc.assert(
    fc.asyncProperty(fc.integer({ min: header + 1, max: whole.length - 1 }), async (length) => {
      await writeFile(path, whole.subarray(0, length));
      await expect(count(path)).rejects.toMatchObject({ kind: "integrity", message: expect.stringContaining(path) });
    }),
    { numRuns: 100 },
  );
});

it("says what is missing where there is no file", async () => {
  await expect(count(join(await temporaryFolder(), "none.csv.gz"))).rejects.toMatchObject({ code: "ENOENT" });
});

it("can be left before its end", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  await writeRows(path, rows);

  for await (const row of readRows(path)) {
    expect(row).toEqual(["c0", "c1"]);
    break;
  }
});

it("refuses a row with too few or too many values", () => {
  expect(() => parseRows("a,b\n1\n")).toThrow();
  expect(() => parseRows("a,b\n1,2,3\n")).toThrow();
});

it("writes the very text of the dialect, NULL apart from \\N and from nothing, and reads it back", () => {
  const value = fc.oneof(
    fc.constantFrom(null, "", "\\N", '"', "a,b", "a\nb", "a\rb", " x ", "|", "true"),
    fc.string({ unit: "grapheme" }),
  );
  const table = fc.integer({ min: 2, max: 5 }).chain((width) => fc.array(fc.tuple(...Array(width).fill(value))));

  fc.assert(
    fc.property(table as fc.Arbitrary<CsvValue[][]>, (written) => {
      const text = stringifyRows(written);

      expect(text).toBe(written.map((row) => encodeRow(row)).join(""));
      expect(parseRows(text)).toEqual(written);
    }),
  );
});

async function count(path: string): Promise<number> {
  let rowCount = 0;
  for await (const _ of readRows(path)) rowCount += 1;
  return rowCount;
}
