import { join } from "node:path";
import { PartWriter } from "../../lib/files/part-writer.js";
import { appendPlainFile, finishPart } from "../../lib/files/plain-file.js";
import type { Field, Resource } from "../../lib/model/manifest.js";
import { resourceOf } from "../../lib/model/resource.js";

/** The plain CSV files `files`, one after another, as one part of a folder. */
export async function gatherPart(
  folder: string,
  {
    path,
    fields,
    files,
  }: { readonly path: string; readonly fields: readonly Field[]; readonly files: readonly string[] },
): Promise<Resource> {
  const writer = await PartWriter.create(join(folder, path), { columns: fields.map(({ name }) => name) });
  for (const file of files) await appendPlainFile(file, writer);
  return resourceOf(await finishPart(writer), { path, role: "part", fields });
}
