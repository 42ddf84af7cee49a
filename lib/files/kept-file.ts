import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { readRows } from "./csv-rows.js";
import { diskError, errorCode } from "./disk-error.js";
import { isFile } from "./manifest-file.js";

/** A file that something outside its manifest knows by its content: the ledger in a target, usually. */
export interface KnownFile {
  readonly file: string;
  /** SHA-256 of its rows, uncompressed and without the header. */
  readonly hash: string;
}

/** The columns of such a file, and its rows as CSV without the header. */
export interface KeptFile {
  readonly columns: readonly string[];
  open(): Readable;
}

/** Opens a file after its content was proved. 66 when it is gone, 65 when it holds something else. */
export async function openKeptFile(folder: string, { file, hash }: KnownFile, hint: string): Promise<KeptFile> {
  const path = join(folder, file);
  if (!(await isFile(path))) throw new StageError("missing", `${path} is not there any more`, hint);
  const columns = await headerOf(path);
  const open = () => Readable.from(bodyOf(path, columns), { objectMode: false });
  const found = createHash("sha256");
  for await (const chunk of open()) found.update(chunk as Buffer);
  const is = `sha256:${found.digest("hex")}`;
  if (is !== hash)
    throw new StageError("integrity", `${path} was changed: its rows were ${hash}, they are ${is}`, hint);
  return { columns, open };
}

async function headerOf(path: string): Promise<readonly string[]> {
  for await (const row of readRows(path)) return row.map((name) => name ?? "");
  throw new StageError("integrity", `${path} has no header`);
}

async function* bodyOf(path: string, columns: readonly string[]): AsyncGenerator<Buffer> {
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  // The loop hears of errors by itself; the callback only keeps pipeline from throwing them a second time.
  const text = pipeline(source, createGunzip(), () => {});
  let left = Buffer.byteLength(encodeRow(columns));
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      const skipped = Math.min(left, chunk.length);
      left -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  } catch (error) {
    if (!errorCode(error)?.startsWith("Z_")) throw diskError(error, path);
    throw new StageError("integrity", `${path}: not a whole gzip file: ${(error as Error).message}`, undefined, error);
  } finally {
    source.destroy();
    text.destroy();
  }
}
