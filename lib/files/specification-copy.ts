import { access, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { SpecificationFile } from "../mapping/migration.js";
import { hashOf, sha256 } from "../model/hash.js";
import type { Sha256 } from "../model/names.js";
import { writeWhole } from "./whole-file.js";
import { makeFolder, type WorkDirectory } from "./work-directory.js";

/**
 * Keeps the specification as it was read in `specification/<hash>/`, so that an auditor years later sees the very rules
 * that ran. The first 16 digits of its hash name the folder.
 */
export async function keepSpecification(work: WorkDirectory, files: readonly SpecificationFile[]): Promise<void> {
  const hash = specificationHash(files);
  const folder = join(work.run, "specification", hash.slice("sha256:".length, "sha256:".length + 16));
  const done = join(folder, ".complete");
  if (await exists(done)) return;
  for (const { path, content } of files) {
    await makeFolder(dirname(join(folder, path)));
    await writeWhole(join(folder, path), content);
  }
  await writeWhole(done, `${hash}\n`);
}

/** The folders of all specifications that were kept whole, in the order of their names. */
export async function keptSpecifications(work: WorkDirectory): Promise<readonly string[]> {
  const folder = join(work.run, "specification");
  const names = (await readdir(folder).catch(() => [])).sort();
  const folders = names.map((name) => join(folder, name));
  const isWhole = await Promise.all(folders.map((one) => exists(join(one, ".complete"))));
  return folders.filter((_, index) => isWhole[index]);
}

/** The hash of a specification: of every file's path and content. */
export function specificationHash(files: readonly SpecificationFile[]): Sha256 {
  return hashOf(Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)])));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
