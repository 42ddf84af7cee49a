import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gunzipSync } from "node:zlib";
import { PartWriter, type PartWriterOptions, type WrittenFile } from "../../../lib/files/part-writer.js";
import { type CsvValue, encodeRow } from "../../../lib/model/csv-dialect.js";

/** Column names for a table of so many columns. */
export function columnsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

/** Writes a part from bytes cut into chunks of the sizes given, over and over. */
export async function writePart(
  path: string,
  content: Buffer | string,
  options: PartWriterOptions & { readonly chunkBytes?: readonly number[] },
): Promise<WrittenFile> {
  const writer = await PartWriter.create(path, options);
  try {
    await pipeline(Readable.from(chunksOf(Buffer.from(content), options.chunkBytes ?? [65_536])), writer);
    return await writer.publish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

/** Writes rows as a part, as a stage would. */
export async function writeRows(path: string, rows: readonly (readonly CsvValue[])[]): Promise<WrittenFile> {
  return writePart(path, rows.map(encodeRow).join(""), { columns: columnsOf(rows[0]?.length ?? 1) });
}

/** The text of a gzipped file. */
export async function unzipped(path: string): Promise<string> {
  return gunzipSync(await readFile(path)).toString("utf8");
}

function* chunksOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn += 1) {
    const end = start + (sizes[turn % sizes.length] ?? 1);
    // A copy: who hands out chunks may use their memory again.
    yield Buffer.from(bytes.subarray(start, end));
    start = end;
  }
}
