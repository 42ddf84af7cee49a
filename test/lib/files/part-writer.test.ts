import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { temporaryFolder } from "../../support/work.js";
import { csvTables } from "./csv-values.js";
import { columnsOf, unzipped, writePart, writeRows } from "./written-part.js";

/** Enough rows for several blocks of 1 MB, some of them with line feeds inside. */
const manyRows = Array.from({ length: 40_000 }, (_, id) => [
  String(id),
  `name "${id}"\nof ${"x".repeat(id % 97)}`,
  null,
]);
const manyText = manyRows.map(encodeRow).join("");

it("writes the same bytes however its input is cut into chunks", async () => {
  const folder = await temporaryFolder();
  const whole = await writePart(join(folder, "whole"), manyText, {
    columns: columnsOf(3),
    chunkBytes: [manyText.length],
  });

  for (const chunkBytes of [[4096], [65_536], [1, 999_999], [(1 << 20) - 1, 2]]) {
    const cut = await writePart(join(folder, "cut"), manyText, { columns: columnsOf(3), chunkBytes });
    expect(cut).toEqual(whole);
  }
  expect(await readFile(join(folder, "cut"))).toEqual(await readFile(join(folder, "whole")));
});

it("writes any rows the same, a byte at a time or at once", async () => {
  const folder = await temporaryFolder();

  await fc.assert(
    fc.asyncProperty(
      csvTables({ nul: true }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (rows, chunkBytes) => {
        const text = rows.map(encodeRow).join("");
        const columns = columnsOf(rows[0]?.length ?? 1);
        const whole = await writePart(join(folder, "whole"), text, { columns });
        const cut = await writePart(join(folder, "cut"), text, { columns, chunkBytes });

        expect(cut).toEqual(whole);
        expect(whole.rowCount).toBe(rows.length);
        expect(whole.edges).toEqual([encodeRow(rows[0] ?? []), encodeRow(rows.at(-1) ?? [])]);
      },
    ),
    { numRuns: 40 },
  );
});

it("states the counts and hashes of what it wrote", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  const rows: string[] = [];

  const file = await writePart(path, manyText, {
    columns: ["id", "a,b", "c"],
    onRows: (count, bytes) => rows.push(`${count} ${bytes}`),
  });

  const bytes = await readFile(path);
  const content = await unzipped(path);
  expect(content).toBe(`id,"a,b",c\n${manyText}`);
  expect(file).toMatchObject({
    bytes: bytes.length,
    hash: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    contentHash: `sha256:${createHash("sha256").update(manyText).digest("hex")}`,
    rowCount: manyRows.length,
    longestRecordBytes: Math.max(...manyRows.map((row) => Buffer.byteLength(encodeRow(row)))),
    checksum: undefined,
  });
  expect(rows.map((told) => Number(told.split(" ")[0])).reduce((a, b) => a + b)).toBe(manyRows.length);
});

it("ends every gzip member where a record ends", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  await writePart(path, manyText, { columns: columnsOf(3) });

  const members = membersOf(await readFile(path)).map((member) => gunzipSync(member).toString("utf8"));

  const ends = new Set(runningSums(manyRows.map((row) => encodeRow(row).length)));
  expect(runningSums(members.slice(1).map(({ length }) => length)).filter((end) => !ends.has(end))).toEqual([]);
  expect(members[0]).toBe("c0,c1,c2\n");
  expect(members.length).toBeGreaterThan(3);
});

it("carries fields of several megabytes, longer than any block", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  const long = `"quoted",\n${"é\n".repeat(2_000_000)}`;
  const rows = [
    ["1", "short"],
    ["2", long],
    ["3", ""],
    ["4", long.slice(1)],
    ["5", "end"],
  ];

  const file = await writeRows(path, rows);

  expect(await unzipped(path)).toBe(`c0,c1\n${rows.map(encodeRow).join("")}`);
  expect(file).toMatchObject({ rowCount: 5, longestRecordBytes: Buffer.byteLength(encodeRow(rows[1] ?? [])) });
});

it("makes the blank and the ending record of one column unmistakable", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");

  // As COPY of PostgreSQL 18 writes them, bare.
  const file = await writePart(path, '\n\\.\n"a\n\n"\n\\N\n\n', { columns: ["only"] });

  expect(await unzipped(path)).toBe('only\n""\n"\\."\n"a\n\n"\n\\N\n""\n');
  expect(file.rowCount).toBe(5);
});

it("publishes a file with a header alone for no rows", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");

  const file = await writePart(path, "", { columns: ["id"] });

  expect(await unzipped(path)).toBe("id\n");
  expect(file).toMatchObject({ rowCount: 0, longestRecordBytes: 0, edges: undefined });
});

it("sums up the checksums in the last column, NULL left out where that may be", async () => {
  const path = join(await temporaryFolder(), "part.csv.gz");
  const digests = Array.from({ length: 3000 }, (_, id) => createHash("md5").update(String(id)).digest("hex"));
  const text = digests.map((digest, id) => encodeRow([String(id), digest])).join("");
  const total = digests.reduce((sum, digest) => sum + BigInt(`0x${digest}`), 0n) % (1n << 128n);

  const always = await writePart(path, text, { columns: ["id", "sum"], sumLastColumn: "always" });
  const present = await writePart(path, `${text}x,\\N\n`, { columns: ["id", "sum"], sumLastColumn: "where present" });

  const expected = { sum: total.toString(16).padStart(32, "0"), count: 3000 };
  expect([always.checksum, present.checksum]).toEqual([expected, expected]);
  await expect(writePart(path, "x,\\N\n", { columns: ["id", "sum"], sumLastColumn: "always" })).rejects.toMatchObject({
    kind: "integrity",
  });
});

it.each(["1,a\n2,b", '1,a\n2,"b\n', "1,a\n2"])(
  "refuses a last record that is not complete (%j) and leaves no file",
  async (text) => {
    const folder = await temporaryFolder();

    const writing = writePart(join(folder, "part.csv.gz"), text, { columns: ["id", "name"] });

    await expect(writing).rejects.toMatchObject({
      kind: "integrity",
      message: expect.stringContaining("not complete"),
    });
    expect(await readdir(folder)).toEqual([]);
  },
);

function runningSums(lengths: readonly number[]): readonly number[] {
  let sum = 0;
  return lengths.map((length) => {
    sum += length;
    return sum;
  });
}

// Each member says where it ends only by being unpacked; ours begin with the ten bytes every member of ours begins with.
function membersOf(bytes: Buffer): readonly Buffer[] {
  const mark = bytes.subarray(0, 10);
  const starts: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) starts.push(at);
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
}
