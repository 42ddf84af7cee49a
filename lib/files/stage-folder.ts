import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskError } from "./disk-error.js";
import { lockFolder } from "./lock.js";
import { removeManifest } from "./manifest-file.js";
import { makeFolder } from "./work-directory.js";

/** Runs `work` as the only one in a stage's folder, making the folder when it is not there. A second run gets 75. */
export async function inStageFolder<Result>(folder: string, pid: number, work: () => Promise<Result>): Promise<Result> {
  await makeFolder(folder);
  const lock = await lockFolder(folder, pid);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** The same for several folders at once. */
export async function inStageFolders<Result>(
  [first, ...rest]: readonly string[],
  pid: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (first === undefined) return await work();
  return await inStageFolder(first, pid, () => inStageFolders(rest, pid, work));
}

/**
 * Takes an old result away, its manifest first: a manifest never stands beside files that are not its own. `isKept`
 * tells what of the folder outlives it.
 */
export async function emptyStageFolder(folder: string, isKept: (name: string) => boolean = () => false): Promise<void> {
  try {
    await removeManifest(folder);
    await removeFrom(folder, (name) => !name.startsWith(".lock") && !isKept(name));
  } catch (error) {
    throw diskError(error, folder);
  }
}

/** Removes what has such a name from a folder. */
export async function removeFrom(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder))
    if (isMeant(name)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Takes a folder away whole or not at all: a crash leaves it as it was, or under a hidden name that counts for nothing. */
export async function withdrawFolder(folder: string): Promise<void> {
  const hidden = join(dirname(folder), `.withdrawn-${basename(folder)}`);
  try {
    await rm(hidden, { recursive: true, force: true });
    await rename(folder, hidden);
    await rm(hidden, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, folder);
  }
}

/** Removes a folder and all that is in it; one that is not there is fine. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
