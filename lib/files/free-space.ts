import { open, statfs } from "node:fs/promises";

/** How many bytes fit where a folder is; undefined where nobody can tell. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  return await statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
}

/** Whether a file begins with these bytes; also false where it may not be read. */
export async function beginsWith(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    const file = await open(path, "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes.length));
      return bytesRead === bytes.length && buffer.equals(bytes);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
