import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { StageError } from "../model/errors.js";
import { diskError, errorCode } from "./disk-error.js";
import { fileMode } from "./whole-file.js";

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  readonly startTicks: string;
}

/**
 * Holds `folder` for this process until `release`. A second process gets 75 and learns who holds it. A lock whose holder
 * is dead (same host: its process gone, its number reused, or the machine restarted) is taken over, never by age alone.
 */
export async function lockFolder(folder: string, pid: number): Promise<{ release(): Promise<void> }> {
  const path = join(folder, ".lock");
  const self = await describe(pid);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await create(path, self)) return { release: () => rm(path, { force: true }) };
    const text = await readText(path);
    if (text === undefined) continue;
    if (!(await isDead(parseHolder(text), self))) throw held(folder, parseHolder(text), await sinceOf(path));
    await bury(path, text, pid);
  }
  throw new StageError("temporary", `${path}: other runs keep taking this lock`, "try again when they have finished");
}

// The lock appears with its content or not at all: written beside it, then linked, which fails where one is there.
async function create(path: string, self: Holder): Promise<boolean> {
  const written = `${path}.${self.pid}`;
  try {
    await writeFile(written, JSON.stringify(self), { mode: fileMode });
    await link(written, path);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw diskError(error, path);
  } finally {
    await rm(written, { force: true });
  }
}

// Takes a dead lock away by renaming it, and looks at what it got: a third process may have put its own there meanwhile.
async function bury(path: string, dead: string, pid: number): Promise<void> {
  const grave = `${path}.${pid}.dead`;
  try {
    await rename(path, grave);
    if ((await readText(grave)) !== dead) await link(grave, path).catch(() => {});
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw diskError(error, path);
  } finally {
    await rm(grave, { force: true });
  }
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function parseHolder(text: string): Holder {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Only a power loss leaves a lock that cannot be read, and that run is over.
    return { pid: 0, host: hostname(), bootId: "lost", startTicks: "" };
  }
}

async function isDead(holder: Holder, self: Holder): Promise<boolean> {
  if (holder.host !== self.host) return false;
  if (holder.bootId !== self.bootId) return true;
  return (await startTicks(holder.pid)) !== holder.startTicks;
}

// The lock is written once: its file is as old as it.
async function sinceOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "" : `, since ${found.mtime.toISOString().replace("T", " ").slice(0, 19)}+00`;
}

function held(folder: string, holder: Holder, since: string): StageError {
  return new StageError(
    "temporary",
    `${folder} is in use by process ${holder.pid} on ${holder.host}${since}`,
    "wait for it to finish, then run the same command again",
  );
}

async function describe(pid: number): Promise<Holder> {
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "no-boot-id");
  return { pid, host: hostname(), bootId: bootId.trim(), startTicks: await startTicks(pid) };
}

// Field 22 of /proc/<pid>/stat, counted after the name in parentheses, which may hold blanks. Without /proc: alive or not.
async function startTicks(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "gone";
}
