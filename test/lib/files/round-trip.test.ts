import { execFile } from "node:child_process";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../lib/databases/postgres/connection.js";
import { identifier, joined, sql } from "../../../lib/databases/postgres/identifiers.js";
import { openEngine } from "../../../lib/engine/duckdb.js";
import { readCsv } from "../../../lib/engine/read-csv.js";
import { parseRows, readRows } from "../../../lib/files/csv-rows.js";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import { fieldOf, resourceOf } from "../../../lib/model/resource.js";
import { createDatabase, type TestDatabase } from "../../support/postgres.js";
import { createFolder } from "../../support/work.js";
import { csvTables } from "./csv-values.js";
import { columnsOf, writeRows } from "./written-part.js";

type Rows = readonly (readonly CsvValue[])[];

let work: Awaited<ReturnType<typeof createFolder>>;
let database: TestDatabase;
beforeAll(async () => {
  work = await createFolder();
  database = await createDatabase();
});
afterAll(async () => {
  await work.remove();
  await database.drop();
});

const big = 'é"\n\\N,'.repeat(500_000);
const hard: Rows[] = [
  [[null], [""], ["\\N"], ["\\."], ["\r"], ["\n"], ['"'], ["\ufeff"]],
  [
    ["", "\\N"],
    [null, "\\."],
    ["\\.", null],
    ["\r\n", ""],
  ],
  [
    ["1", big],
    ["2", ""],
    ["3", big],
  ],
  [[big], [""], [big]],
];

it("gives every value back through our own reader", async () => {
  await eachTable({ nul: true }, async (path, rows) => {
    expect(await all(readRows(path))).toEqual([columnsOf(rows[0]?.length ?? 0), ...rows]);
  });
});

it("gives every value back through zcat", async () => {
  await eachTable({ nul: true, numRuns: 15 }, async (path, rows) => {
    const { stdout } = await promisify(execFile)("zcat", [path], { maxBuffer: 1 << 26 });

    expect(parseRows(stdout).slice(1)).toEqual(rows);
  });
});

it("gives every value back through DuckDB", async () => {
  const engine = await openEngine({ spillFolder: join(work.folder, "spill"), folders: [work.folder] });
  const connection = await engine.connect();
  try {
    await eachTable({ nul: true }, async (path, rows, file) => {
      const fields = columnsOf(rows[0]?.length ?? 0).map((name) => fieldOf({ name, type: "string" }));
      const resource = resourceOf(file, { path, role: "part", fields });

      // As hex: the driver takes a byte order mark at the start of a text for none of it.
      const values = joined(fields.map(({ name }) => sql`hex(encode(${identifier(name)}))`));
      const found = await connection.rows(sql`SELECT ${values} FROM ${readCsv("/", [resource])}`);
      expect(
        found.map((row) => row.map((value) => (value === null ? null : Buffer.from(value, "hex").toString()))),
      ).toEqual(rows);
    });
  } finally {
    connection.close();
    engine.close();
  }
});

it("gives every value back through COPY into PostgreSQL", async () => {
  const connection = await connect(database.url, { application: "waybill/test" });
  try {
    await eachTable({ nul: false }, async (path, rows) => {
      const columns = columnsOf(rows[0]?.length ?? 0);
      await connection.execute(sql`DROP TABLE IF EXISTS t`);
      await connection.execute(
        sql`CREATE TABLE t (n serial, ${joined(columns.map((name) => sql`${identifier(name)} text`))})`,
      );
      const copy = connection.copyFrom(
        sql`COPY t (${joined(columns.map(identifier))}) FROM STDIN (FORMAT csv, NULL '\\N', HEADER, ENCODING 'UTF8')`,
      );

      await pipeline(createReadStream(path), createGunzip(), copy);

      const found = await connection.query<Record<string, string | null>>(sql`SELECT * FROM t ORDER BY n`);
      expect(found.map((row) => columns.map((name) => row[name]))).toEqual(rows);
    });
  } finally {
    await connection.close();
  }
});

async function all<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

type Written = Awaited<ReturnType<typeof writeRows>>;

async function eachTable(
  options: { readonly nul: boolean; readonly numRuns?: number },
  check: (path: string, rows: Rows, file: Written) => Promise<void>,
) {
  const path = join(work.folder, "part-00000.csv.gz");
  const write = async (rows: Rows) => check(path, rows, await writeRows(path, rows));
  for (const rows of hard) await write(rows);
  await fc.assert(fc.asyncProperty(csvTables(options), write), { numRuns: options.numRuns ?? 60 });
}
