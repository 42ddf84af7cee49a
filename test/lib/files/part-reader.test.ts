import { appendFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openPart } from "../../../lib/files/part-reader.js";
import { PartWriter } from "../../../lib/files/part-writer.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { sha256 } from "../../../lib/model/hash.js";
import type { Resource } from "../../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { createFolder, temporaryFolder } from "../../support/work.js";

it("gives the rows as they were written, whatever the header and the values hold", async () => {
  const { folder, remove } = await createFolder();
  const value = fc.oneof(fc.string(), fc.constantFrom(null, "", "\\N", 'a "b"\n', "\r\n", ","));
  const table = fc.tuple(
    fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 4 }),
    fc.array(fc.array(value, { minLength: 2, maxLength: 2 })),
  );

  await fc.assert(
    fc.asyncProperty(table, async ([columns, rows]) => {
      const lines = rows.map((row) => encodeRow(columns.map((_, index) => row[index % 2] ?? null)));
      const part = await writePart(folder, columns, lines);

      expect(await text(await openPart(folder, part, "make it"))).toBe(lines.join(""));
    }),
    { numRuns: 50 },
  );
  await remove();
});

it("tells how many rows went by: in sum all of them", async () => {
  const folder = await temporaryFolder();
  const lines = Array.from({ length: 50_000 }, (_, index) => encodeRow([String(index), "x".repeat(index % 50)]));
  const part = await writePart(folder, ["id", "name"], lines);
  const steps: number[] = [];

  await text(await openPart(folder, part, "make it", { onRows: (rowCount) => void steps.push(rowCount) }));

  expect(steps.reduce((sum, step) => sum + step, 0)).toBe(50_000);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(steps.length).toBeGreaterThan(2);
});

it("refuses a file that is longer or shorter than promised, before a row comes out", async () => {
  const folder = await temporaryFolder();
  const part = await writePart(folder, ["id"], ["1\n"]);
  await appendFile(join(folder, part.path), "x");

  const longer = openPart(folder, part, "make it");

  await expect(longer).rejects.toMatchObject({ kind: "integrity", hint: "run that stage again: make it" });
  await truncate(join(folder, part.path), part.bytes - 3);
  await expect(openPart(folder, part, "make it")).rejects.toMatchObject({ kind: "integrity" });
});

it("refuses a file whose header is not the one its manifest describes", async () => {
  const folder = await temporaryFolder();
  const part = await writePart(folder, ["id", "name"], ["1,x\n"]);
  const other = { ...part, schema: { ...part.schema, fields: ["name", "id"].map(fieldNamed) } };

  const rows = text(await openPart(folder, other, "make it"));

  await expect(rows).rejects.toMatchObject({ kind: "integrity", message: expect.stringContaining("header") });
});

it("refuses what is no gzip although the manifest vouches for it", async () => {
  const folder = await temporaryFolder();
  const part = await writePart(folder, ["id"], ["1\n"]);
  const { bytes, hash } = await writePlain(folder, part.path);

  const rows = text(await openPart(folder, { ...part, bytes, hash }, "make it"));

  await expect(rows).rejects.toMatchObject({
    kind: "integrity",
    message: expect.stringContaining("not a whole gzip file"),
  });
});

const fieldNamed = (name: string) => fieldOf({ name, type: "string" });

async function writePart(folder: string, columns: readonly string[], lines: readonly string[]): Promise<Resource> {
  const path = "part-00000.csv.gz";
  const writer = await PartWriter.create(join(folder, path), { columns });
  await pipeline(Readable.from(lines, { objectMode: false }), writer);
  return resourceOf(await writer.publish(), { path, role: "part", fields: columns.map(fieldNamed) });
}

async function writePlain(folder: string, path: string): Promise<Pick<Resource, "bytes" | "hash">> {
  const content = "id\n1\n";
  await writeFile(join(folder, path), content);
  return { bytes: content.length, hash: sha256(content) };
}
