import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeRows } from "../../../lib/files/csv-file.js";
import { readNthRecord } from "../../../lib/files/nth-record.js";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import type { Resource } from "../../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { createFolder, temporaryFolder } from "../../support/work.js";
import { unzipped } from "./written-part.js";

async function written(folder: string, columns: readonly string[], rows: readonly (readonly CsvValue[])[]) {
  const path = "part-00000.csv.gz";
  const file = await writeRows(join(folder, path), columns, rows);
  const fields = columns.map((name) => fieldOf({ name, type: "string" }));
  return resourceOf(file, { path, role: "part", fields });
}

const nth = (folder: string, file: Resource, row: number) =>
  readNthRecord(folder, file, { row, command: "waybill make it" });

it("gives every row with the line on which it begins, whatever the header and the values before it hold", async () => {
  const { folder, remove } = await createFolder();
  const value = fc.oneof(fc.string(), fc.constantFrom(null, "", "\\N", 'a "b"\n\n', "\r\n", ","));
  const table = fc.tuple(
    fc.uniqueArray(fc.oneof(fc.string({ minLength: 1 }), fc.constant("a\nb")), { minLength: 1, maxLength: 3 }),
    fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 12 }),
  );

  await fc.assert(
    fc.asyncProperty(table, async ([columns, values]) => {
      const rows = values.map((row) => row.slice(0, columns.length));
      const file = await written(folder, columns, rows);
      const lines = (await unzipped(join(folder, file.path))).split("\n");

      for (const [index, row] of rows.entries()) {
        const found = await nth(folder, file, index);
        const next = index + 1 < rows.length ? (await nth(folder, file, index + 1)).line : lines.length;
        expect(found.values).toEqual(row);
        // What lies between two beginnings is the record: as many lines as it has line feeds.
        const feeds = row.join("").split("\n").length;
        expect(next - found.line).toBe(feeds);
      }
    }),
    { numRuns: 40 },
  );
  await remove();
});

it("finds a row far behind the first batch, one that is longer than a batch, and none past the end", async () => {
  const folder = await temporaryFolder();
  const rows = Array.from({ length: 30_000 }, (_, index) => [String(index), "x\n".repeat(index % 7)]);
  rows[20_000] = ["20000", "long\n".repeat(200_000)];
  const file = await written(folder, ["id", "text"], rows);

  expect((await nth(folder, file, 20_000)).values).toEqual(rows[20_000]);
  expect((await nth(folder, file, 29_999)).values).toEqual(rows[29_999]);
  await expect(nth(folder, file, 30_000)).rejects.toMatchObject({ kind: "integrity" });
});

it("refuses a file that is not what its manifest promises", async () => {
  const folder = await temporaryFolder();
  const file = await written(folder, ["id", "text"], [["1", "a"]]);
  await appendFile(join(folder, file.path), "x");

  await expect(nth(folder, file, 0)).rejects.toMatchObject({
    kind: "integrity",
    hint: expect.stringContaining("make it"),
  });
});
