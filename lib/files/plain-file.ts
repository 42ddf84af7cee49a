import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { PartWriter } from "./part-writer.js";

/** Appends the CSV records of a plain file to a part being written, then removes the plain file. */
export async function appendPlainFile(path: string, writer: PartWriter): Promise<void> {
  // Not pipeline(): a part is appended to many times, and each call would leave its listeners on the writer.
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) await written(writer, chunk as Buffer);
  await rm(path);
}

function written(writer: PartWriter, chunk: Buffer): Promise<void> {
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
