import { join } from "node:path";
import type { PartToMap } from "../engine/map-part.js";
import { PartWriter } from "../files/part-writer.js";
import { appendRecords, finishPart } from "../files/plain-file.js";
import { StageError } from "../model/errors.js";
import { fieldOf, resourceOf } from "../model/resource.js";
import type { Pass } from "./prepare-parts.js";

/** Writes what a pass made of one part; 65 unless there are as many rows as before. */
export async function writePrepared(
  { layout, folder }: Pass,
  { part, index }: PartToMap,
  chunks: AsyncIterable<Uint8Array>,
): Promise<PartToMap> {
  const { columns } = layout;
  const writer = await PartWriter.create(join(folder, part.path), { columns });
  try {
    for await (const chunk of chunks) await appendRecords(writer, chunk);
    const file = await finishPart(writer);
    if (file.rowCount !== part._rowCount) throw lost(part.path, part._rowCount, file.rowCount);
    const text = columns.map((name) => fieldOf({ name, type: "string" }));
    const fields = [...part.schema.fields, ...text.slice(part.schema.fields.length)];
    return { folder, part: resourceOf(file, { path: part.path, role: "part", fields }), index };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function lost(path: string, promised: number, found: number): StageError {
  return new StageError("integrity", `${path}: ${promised} rows went into the steps, ${found} came out`, "report this");
}
