import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { StageError } from "../model/errors.js";
import { type Manifest, manifestText, type Resource } from "../model/manifest.js";
import { parseManifest } from "../model/parse-manifest.js";
import { diskError, errorCode } from "./disk-error.js";
import { writeWhole } from "./whole-file.js";

const manifestFile = "manifest.json";
const sumsFile = "SHA256SUMS";

/** Publishes a stage's result: SHA256SUMS, then the manifest, last of all. "The manifest exists" means "it finished". */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeWhole(join(folder, sumsFile), checksumLines(manifest));
  await writeWhole(join(folder, manifestFile), manifestText(manifest));
}

/** The manifest of a stage's folder, or undefined when that stage has not finished there. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, manifestFile);
  try {
    return parseManifest(await readFile(path, "utf8"), path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw diskError(error, path);
  }
}

/** The manifest of a stage's folder; when it is not there, 66 and the command that makes it. */
export async function requireManifest(folder: string, command: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (manifest !== undefined) return manifest;
  throw new StageError(
    "missing",
    `${join(folder, manifestFile)} is not there: that stage has not finished`,
    `run it first: ${command}`,
  );
}

/** Takes a result back before its parts are made again: a manifest never stands beside parts that are not its own. */
export async function removeManifest(folder: string): Promise<void> {
  await rm(join(folder, manifestFile), { force: true });
  await rm(join(folder, sumsFile), { force: true });
}

/** Refuses (65) a file that is gone, or is not, byte for byte, what its manifest promised. */
export async function verifyFile(folder: string, resource: Resource, command: string): Promise<void> {
  const path = join(folder, resource.path);
  const hint = `run that stage again: ${command}`;
  const size = await fileBytes(path);
  if (size === undefined)
    throw new StageError("integrity", `${path} is gone; its manifest promises ${resource.bytes} bytes`, hint);
  if (size !== resource.bytes) {
    throw new StageError("integrity", `${path}: its manifest promises ${resource.bytes} bytes, it holds ${size}`, hint);
  }
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  const found = `sha256:${hash.digest("hex")}`;
  if (found !== resource.hash) {
    throw new StageError(
      "integrity",
      `${path} was changed: its manifest promises ${resource.hash}, it is ${found}`,
      hint,
    );
  }
}

/** Whether all files a manifest names lie beside it with the sizes it promises: cheap enough for every start. */
export async function filesStand(folder: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(manifest.resources.map(({ path }) => fileBytes(join(folder, path))));
  return manifest.resources.every((resource, index) => sizes[index] === resource.bytes);
}

/** Whether a plain file lies at `path`. */
export async function isFile(path: string): Promise<boolean> {
  return (await fileBytes(path).catch(() => undefined)) !== undefined;
}

async function fileBytes(path: string): Promise<number | undefined> {
  try {
    const status = await lstat(path);
    // A link, a pipe or a device under a part's name is not our file.
    return status.isFile() ? status.size : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw diskError(error, path);
  }
}

// As coreutils write it: 64 hex digits, two blanks, name; sorted bytewise.
function checksumLines(manifest: Manifest): string {
  const lines = manifest.resources.map(({ hash, path }) => `${hash.slice("sha256:".length)}  ${basename(path)}\n`);
  return lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join("");
}
