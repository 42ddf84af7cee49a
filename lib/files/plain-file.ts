import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { PartWriter } from "./part-writer.js";

/** Appends the CSV records of a plain file to a part being written, then removes the plain file. */
export async function appendPlainFile(path: string, writer: PartWriter): Promise<void> {
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), writer, { end: false });
  await rm(path);
}

/** Ends a part that was appended to, and publishes it. */
export async function finishPart(writer: PartWriter): ReturnType<PartWriter["publish"]> {
  await new Promise<void>((resolve, reject) => {
    writer.once("error", reject);
    writer.end(resolve);
  });
  return writer.publish();
}
