import { constants } from "node:fs";
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { SpecificationFile } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";

const megabyte = 1024 * 1024;
const yamlBytes = 5 * megabyte;
/** Lookups, steps and schemas are held in memory and copied into every run. */
const otherBytes = 100 * megabyte;

const folders = ["lookups", "steps", "schema"] as const;

/**
 * Reads a migration's folder: migration.yaml, every other YAML file beside it, and all of lookups/, steps/ and
 * schema/, sorted by path. Hidden files are left out. Throws "missing" (66) where there is no migration.
 */
export async function readSpecification(directory: string): Promise<readonly SpecificationFile[]> {
  const root = await rootOf(directory);
  const top = (await namesIn(root)).filter((name) => /\.ya?ml$/.test(name));
  if (!top.includes("migration.yaml")) {
    throw new StageError(
      "missing",
      `${directory} holds no migration.yaml`,
      "say where the migration is with -m DIR, or write one",
    );
  }
  const below = await Promise.all(folders.map((folder) => pathsBelow(root, folder)));
  const paths = [...top, ...below.flat()].sort();
  const files: SpecificationFile[] = [];
  for (const path of paths) files.push({ path, content: await readInside(root, path) });
  return files;
}

async function rootOf(directory: string): Promise<string> {
  try {
    const root = await realpath(directory);
    if ((await stat(root)).isDirectory()) return root;
  } catch (error) {
    if (!isMissing(error)) throw notReadable(directory, error);
  }
  throw new StageError("missing", `${directory} is no folder`, "say where the migration is with -m DIR");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith("."));
  } catch (error) {
    if (isMissing(error)) return [];
    throw notReadable(folder, error);
  }
}

async function pathsBelow(root: string, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const name of await namesIn(join(root, folder))) {
    const path = `${folder}/${name}`;
    const entry = await stat(await insideOf(root, path));
    paths.push(...(entry.isDirectory() ? await pathsBelow(root, path) : [path]));
  }
  return paths;
}

/** The real place of a file of the folder. A symbolic link may stay inside the folder, as Kubernetes' do, but not leave it. */
async function insideOf(root: string, path: string): Promise<string> {
  const real = await realpath(join(root, path)).catch((error: unknown) => {
    throw notReadable(path, error);
  });
  if (real.startsWith(root + sep)) return real;
  throw new StageError(
    "specification",
    `${path} is a link that leads out of the migration's folder`,
    "copy the file into the folder",
  );
}

async function readInside(root: string, path: string): Promise<Buffer> {
  const real = await insideOf(root, path);
  // Not to wait for a writer where the name is a pipe.
  const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw notReadable(path, error);
  });
  try {
    const entry = await handle.stat();
    if (!entry.isFile())
      throw new StageError("specification", `${path} is not a regular file`, "take it out of the folder");
    assertSize(path, entry.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function assertSize(path: string, bytes: number): void {
  const limit = /\.ya?ml$/.test(path) ? yamlBytes : otherBytes;
  if (bytes <= limit) return;
  const message = `${path} has ${bytes} bytes, and more than ${limit} are not read`;
  throw new StageError("specification", message, "move long lists into lookup files, and long lookups into the source");
}

const isMissing = (error: unknown): boolean => codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

function notReadable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ELOOP") {
    return new StageError(
      "missing",
      `${path} cannot be found (a link that leads nowhere?)`,
      "put the file there, or remove the link",
      error,
    );
  }
  if (code !== "EACCES" && code !== "EPERM") return error;
  return new StageError("forbidden", `${path} may not be read`, `let this user read it: chmod -R u+rX`, error);
}
