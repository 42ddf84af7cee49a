import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseRows } from "../../lib/files/csv-rows.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import type { Manifest } from "../../lib/model/manifest.js";
import { parseManifest } from "../../lib/model/parse-manifest.js";

/** The manifest in a stage's folder. */
export async function manifestIn(folder: string): Promise<Manifest> {
  const path = join(folder, "manifest.json");
  return parseManifest(await readFile(path, "utf8"), path);
}

/** The text of one gzipped file, header included. */
export async function textOf(path: string): Promise<string> {
  return gunzipSync(await readFile(path)).toString("utf8");
}

/** The rows of all parts of a folder, without their headers. */
export async function rowsIn(folder: string): Promise<readonly (readonly CsvValue[])[]> {
  const parts = await partsIn(folder);
  return (await Promise.all(parts.map(async (name) => parseRows(await textOf(join(folder, name))).slice(1)))).flat();
}

/** The names of a folder's parts, in order. */
export async function partsIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith("part-")).sort();
}

/** Every file below a folder with its bytes and time of change: equal before and after means nothing was touched. */
export async function snapshotOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files
      .sort()
      .map(async (path) => [
        path,
        `${(await stat(path, { bigint: true })).mtimeNs} ${(await readFile(path)).toString("base64")}`,
      ]),
  );
  return Object.fromEntries(contents);
}
