import { open, rm } from "node:fs/promises";
import type { PartWriter } from "./part-writer.js";

/** Bytes read at once. */
const chunkBytes = 1 << 20;

/** Appends the CSV records of a plain file to a part being written, then removes the plain file. */
export async function appendPlainFile(path: string, writer: PartWriter): Promise<void> {
  const handle = await open(path);
  try {
    // One buffer, as the writer copies what it takes: a stream's fresh one for each megabyte keeps the collector busy.
    // Not pipeline() either: a part is appended to many times, and each call would leave its listeners on the writer.
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) break;
      await appendRecords(writer, chunk.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
  await rm(path);
}

/** Appends CSV records, cut anywhere, to a part being written; resolves when it has taken them. */
export function appendRecords(writer: PartWriter, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** Ends a part that was appended to, and publishes it. */
export async function finishPart(writer: PartWriter): ReturnType<PartWriter["publish"]> {
  await new Promise<void>((resolve, reject) => {
    writer.once("error", reject);
    writer.end(resolve);
  });
  return writer.publish();
}
