import { StageError } from "../model/errors.js";

const diskCodes = new Set([
  "ENOSPC",
  "EDQUOT",
  "EIO",
  "EROFS",
  "EFBIG",
  "EMFILE",
  "ENFILE",
  "ESTALE",
  "EXDEV",
  "EACCES",
  "EPERM",
  "ENOTDIR",
]);

/** Turns the operating system's word about a file into ours: 74 for a disk that is full, read-only or failing. */
export function diskError(error: unknown, path: string): unknown {
  const code = errorCode(error);
  if (code === undefined || !diskCodes.has(code)) return error;
  return new StageError("disk", `${path}: ${reasonOf(code)} (${code})`, hintOf(code), error);
}

/** The `code` of a Node system error, or undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function reasonOf(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "no space left to write";
  if (code === "EROFS") return "the file system is read-only";
  if (code === "EACCES" || code === "EPERM") return "not allowed to open or write this file";
  if (code === "EMFILE" || code === "ENFILE") return "too many open files";
  if (code === "ENOTDIR") return "a part of this path is not a folder";
  if (code === "EFBIG") return "larger than files may be here";
  return "the disk failed";
}

function hintOf(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT")
    return "free some space and run the same command again: nothing half-written counts";
  if (code === "EMFILE" || code === "ENFILE")
    return "raise the limit (ulimit -n) or lower --jobs, then run the same command again";
  return "put the work directory (--work) on a healthy, writable disk and run the same command again";
}
