import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { scanRecords } from "../../../lib/model/record-scanner.js";
import { csvTables } from "../files/csv-values.js";

it("finds the records that csv-parse finds, wherever line feeds and quotes stand", () => {
  fc.assert(
    fc.property(csvTables({ nul: true }), (rows) => {
      const bytes = Buffer.from(rows.map(encodeRow).join(""));
      const parsed: readonly { readonly raw: string }[] = parse(bytes, {
        raw: true,
        record_delimiter: "\n",
        bom: false,
      }) as never;
      const ends: number[] = [];

      const found = scanRecords(bytes, bytes.length, (lineFeedAt) => ends.push(lineFeedAt + 1));

      const starts = [0, ...ends];
      expect(ends.map((end, index) => bytes.toString("utf8", starts[index], end))).toEqual(
        parsed.map(({ raw }) => raw),
      );
      expect(found).toMatchObject({ recordCount: rows.length, end: bytes.length, lastStart: starts.at(-2) });
      expect(found.longestBytes).toBe(Math.max(...ends.map((end, index) => end - (starts[index] ?? 0))));
    }),
    { numRuns: 500 },
  );
});

it("leaves a record alone that is not complete, wherever it was cut", () => {
  fc.assert(
    fc.property(csvTables({ nul: true }), fc.nat(), (rows, anywhere) => {
      const bytes = Buffer.from(rows.map(encodeRow).join(""));
      const whole: number[] = [0];
      scanRecords(bytes, bytes.length, (lineFeedAt) => whole.push(lineFeedAt + 1));
      const cut = anywhere % bytes.length;

      const { end } = scanRecords(bytes.subarray(0, cut), cut);

      // The second half of a doubled quote may be missing: then the record before it seems to go on, and is left too.
      expect(end).toBe(Math.max(...whole.filter((position) => position <= cut)));
    }),
    { numRuns: 500 },
  );
});

it("stops at the limit, unless the first record is longer than that", () => {
  const bytes = Buffer.from("1,a\n2,b\n3,c\n");

  expect(scanRecords(bytes, 4).recordCount).toBe(1);
  expect(scanRecords(bytes, 7).recordCount).toBe(1);
  expect(scanRecords(bytes, 8).recordCount).toBe(2);
  expect(scanRecords(bytes, 0)).toMatchObject({ recordCount: 1, end: 4 });
});

it("finds nothing in nothing", () => {
  expect(scanRecords(Buffer.alloc(0), 100)).toMatchObject({ recordCount: 0, end: 0, longestBytes: 0 });
});
