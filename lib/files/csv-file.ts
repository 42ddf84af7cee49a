import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type CsvValue, encodeRow } from "../model/csv-dialect.js";
import { PartWriter, type WrittenFile } from "./part-writer.js";

/** Publishes a small file of rows that are at hand, header first, whole or not at all. */
export async function writeRows(
  path: string,
  columns: readonly string[],
  rows: readonly (readonly CsvValue[])[],
): Promise<WrittenFile> {
  return await writeRecords(path, columns, Readable.from(rows.map(encodeRow), { objectMode: false }));
}

/** Publishes a file of CSV records that stream in without a header, whole or not at all. */
export async function writeRecords(path: string, columns: readonly string[], records: Readable): Promise<WrittenFile> {
  const writer = await PartWriter.create(path, { columns });
  try {
    await pipeline(records, writer);
    return await writer.publish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
