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
  const writer = await PartWriter.create(path, { columns });
  try {
    await pipeline(Readable.from(rows.map(encodeRow), { objectMode: false }), writer);
    return await writer.publish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
