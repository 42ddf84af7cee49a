import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { diskError, errorCode } from "./disk-error.js";

/** Nobody but the owner reads what lies in a work directory: it holds personal data. */
export const fileMode = 0o600;
export const folderMode = 0o700;

/** The name a file bears until it is whole: in the same folder, so that the rename cannot cross file systems. */
export function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.draft`);
}

/** Removes a draft that a killed run left behind; a draft that is not there is fine. */
export async function removeDraft(path: string): Promise<void> {
  await rm(draftOf(path), { force: true });
}

/** Gives a flushed draft its name. After this returns the file is there even if the machine loses power. */
export async function publishDraft(path: string): Promise<void> {
  await renameFile(draftOf(path), path);
}

/** Gives a file of a folder another name there, also if the machine loses power now. */
export async function renameFile(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
    await syncFolder(dirname(to));
  } catch (error) {
    throw diskError(error, to);
  }
}

/** Publishes a file whole or not at all: no reader can see half of it, even after a crash. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await removeDraft(path);
    // "wx" refuses a link planted under the draft's name; the rename replaces one under the final name.
    const handle = await open(draftOf(path), "wx", fileMode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(error, path);
  }
  await publishDraft(path);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of a small file, or undefined where there is none. */
export async function readWhole(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw diskError(error, path);
  }
}
