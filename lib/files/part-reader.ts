import { createReadStream, type ReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import type { Resource } from "../model/manifest.js";
import { diskError, errorCode } from "./disk-error.js";
import { verifyFile } from "./manifest-file.js";

/** Small chunks cost more than what is done with them: 256 KB pass twice as fast as Node's 16. */
const chunkBytes = 256 * 1024;

export interface OpenPartOptions {
  /** Told how many more rows went by, estimated by the bytes read; in sum exactly the manifest's number. */
  readonly onRows?: (rowCount: number) => void;
}

/**
 * The rows of a part as CSV without its header, after the file was proved to be, byte for byte, what its manifest
 * promises (65 otherwise, and `command` in the hint). Destroying the stream closes the file.
 */
export async function openPart(
  folder: string,
  resource: Resource,
  command: string,
  { onRows = () => {} }: OpenPartOptions = {},
): Promise<Readable> {
  await verifyFile(folder, resource, command);
  const path = join(folder, resource.path);
  const part = { path, resource, hint: `run that stage again: ${command}`, onRows };
  return Readable.from(rowsOf(part), { objectMode: false, highWaterMark: 2 * chunkBytes });
}

interface Part {
  readonly path: string;
  readonly resource: Resource;
  readonly hint: string;
  readonly onRows: (rowCount: number) => void;
}

async function* rowsOf(part: Part): AsyncGenerator<Buffer> {
  const file = createReadStream(part.path, { highWaterMark: chunkBytes });
  // The loop hears of errors by itself; the callback only keeps pipeline from throwing them a second time.
  const text = pipeline(file, createGunzip({ chunkSize: chunkBytes }), () => {});
  const advance = progressOf(part, file);
  try {
    for await (const rows of withoutHeader(text, part)) {
      advance();
      yield rows;
    }
    advance();
  } catch (error) {
    throw readable(error, part);
  } finally {
    file.destroy();
    text.destroy();
  }
}

// The whole header goes, not the first line: a column's name may hold a line feed.
async function* withoutHeader(chunks: AsyncIterable<Buffer>, { resource, path, hint }: Part): AsyncGenerator<Buffer> {
  const header = Buffer.from(encodeRow(resource.schema.fields.map(({ name }) => name)));
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < header.length) continue;
    if (!start.subarray(0, header.length).equals(header)) break;
    if (start.length > header.length) yield start.subarray(header.length);
    start = undefined;
  }
  if (start === undefined) return;
  throw new StageError("integrity", `${path}: its header is not the one its manifest describes`, hint);
}

function progressOf({ resource, onRows }: Part, file: ReadStream): () => void {
  let told = 0;
  return () => {
    const passed = Math.floor((resource._rowCount * file.bytesRead) / resource.bytes);
    onRows(passed - told);
    told = passed;
  };
}

function readable(error: unknown, { path, hint }: Part): unknown {
  if (error instanceof StageError) return error;
  if (errorCode(error)?.startsWith("Z_")) {
    return new StageError("integrity", `${path}: not a whole gzip file: ${(error as Error).message}`, hint, error);
  }
  return diskError(error, path);
}
