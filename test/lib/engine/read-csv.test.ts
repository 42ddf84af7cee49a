import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Engine, type EngineConnection, openEngine } from "../../../lib/engine/duckdb.js";
import { copyTo, isWrongChecksum, readCsv, rowText } from "../../../lib/engine/read-csv.js";
import { parseRows } from "../../../lib/files/csv-rows.js";
import { identifier, literal, sql } from "../../../lib/mapping/sql.js";
import { checksumOfRow } from "../../../lib/model/checksum.js";
import { encodeRow } from "../../../lib/model/csv-dialect.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { createFolder } from "../../support/work.js";
import { unzipped, writeRows } from "../files/written-part.js";

let work: Awaited<ReturnType<typeof createFolder>>;
let engine: Engine;
let connection: EngineConnection;
beforeAll(async () => {
  work = await createFolder();
  engine = await openEngine({ spillFolder: join(work.folder, "spill"), folders: [work.folder] });
  connection = await engine.connect();
});
afterAll(async () => {
  connection.close();
  engine.close();
  await work.remove();
});

async function partOf(name: string, rows: readonly (readonly (string | null)[])[]) {
  const file = await writeRows(join(work.folder, name), rows);
  const fields = rows[0]?.map((_, index) => fieldOf({ name: `c${index}`, type: "string" })) ?? [];
  return resourceOf(file, { path: name, role: "part", fields });
}

it("reads long texts that look like rows themselves, beyond what one thread takes at once", async () => {
  const inner = "7,x\n8,y\n".repeat(20_000);
  const rows = Array.from({ length: 200 }, (_, id) => [String(id), `${inner}${id}`]);
  const part = await partOf("nested.csv.gz", rows);

  const found = await connection.rows(
    sql`SELECT c0, c1 = ${literal(inner)} || c0 FROM ${readCsv(work.folder, [part])}`,
  );

  expect(found).toEqual(rows.map(([id]) => [id ?? null, "true"]));
});

it("reads the rows of several parts in order, each header left out", async () => {
  const parts = [
    await partOf("a.csv.gz", [
      ["1", "x"],
      ["2", null],
    ]),
    await partOf("b.csv.gz", [
      ["3", ""],
      ["4", "\\N"],
    ]),
  ];

  expect(await connection.rows(sql`SELECT * FROM ${readCsv(work.folder, parts)}`)).toEqual([
    ["1", "x"],
    ["2", null],
    ["3", ""],
    ["4", "\\N"],
  ]);
});

it("guesses nothing: leading zeros, blanks, numbers and dates stay the text they are", async () => {
  const rows = [["007", " a ", "1e3", "2024-01-01", "true", "NaN", "NULL"]];

  expect(
    await connection.rows(sql`SELECT * FROM ${readCsv(work.folder, [await partOf("plain.csv.gz", rows)])}`),
  ).toEqual(rows);
});

it("refuses a row with a value too few, and says nothing of its values", async () => {
  const part = await partOf("short.csv.gz", [
    ["1", "x"],
    ["2", "y"],
  ]);

  await writeFile(
    join(work.folder, "short.csv.gz"),
    gzipSync((await unzipped(join(work.folder, "short.csv.gz"))).replace("2,y", "canary")),
  );

  const reading = connection.rows(sql`SELECT * FROM ${readCsv(work.folder, [part])}`);

  const error: unknown = await reading.catch((error: unknown) => error);
  expect(error).toMatchObject({ kind: "specification" });
  expect((error as Error).message).not.toContain("canary");
});

it("writes the dialect it reads", async () => {
  const rows = [
    ["1", null],
    ["2", ""],
    ["3", "\\N"],
    ["4", 'a,"b"\r\n'],
  ];
  const part = await partOf("copied.csv.gz", rows);
  const path = join(work.folder, "copied.csv");

  await connection.run(copyTo(path, sql`SELECT * FROM ${readCsv(work.folder, [part])}`));

  const text = await readFile(path, "utf8");
  expect(text).toBe(rows.map(encodeRow).join(""));
  expect(parseRows(text)).toEqual(rows);
});

it("reaches no file outside the folders it was given", async () => {
  await expect(connection.rows(sql`SELECT * FROM read_text('/etc/hostname')`)).rejects.toMatchObject({
    kind: "specification",
  });
});

it("takes as the checksum of a row its MD5 or the first half of its SHA-256, and nothing else", async () => {
  const row = ["1", "a|b", null];
  const checksums = [checksumOfRow(row), checksumOfRow(row, "sha256"), checksumOfRow(["1", "a|b", ""]), null];
  const part = await partOf(
    "sums.csv.gz",
    checksums.map((checksum) => [...row, checksum]),
  );
  const values = ["c0", "c1", "c2"].map((name) => ({ value: identifier(name), type: "string" }));

  const wrong = await connection.rows(
    sql`SELECT ${isWrongChecksum(rowText(values))} FROM (SELECT *, c3 AS row_checksum FROM ${readCsv(work.folder, [part])})`,
  );

  expect(wrong).toEqual([["false"], ["false"], ["true"], ["true"]]);
});
