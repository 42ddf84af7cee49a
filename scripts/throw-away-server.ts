import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { access, chown, constants, lstat, mkdtemp, readdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { StageError } from "../lib/model/errors.js";

/** The user a server runs as; undefined: whoever runs us. Database servers refuse to run as root. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined;

/** The named user, else nobody's, when we are root; else undefined. */
export function serverUser(preferred: string): ServerUser {
  if (process.getuid?.() !== 0) return undefined;
  const name = [preferred, "nobody"].find((candidate) => idOf(candidate, "-u") !== undefined);
  if (name === undefined) {
    throw new StageError(
      "missing",
      `a database server does not run as root, and there is no user ${preferred} or nobody`,
      "run it as another user",
    );
  }
  return { uid: idOf(name, "-u") ?? 0, gid: idOf(name, "-g") ?? 0 };
}

function idOf(name: string, flag: "-u" | "-g"): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

/** A new folder for temporary files that belongs to `user`. */
export async function serverFolder(prefix: string, user: ServerUser): Promise<string> {
  const folder = await mkdtemp(join(await temporaryFolder(user), prefix));
  if (user !== undefined) await giveTo(folder, user);
  return folder;
}

/** Makes `user` the owner of a folder and all that is in it. */
export async function giveTo(path: string, user: NonNullable<ServerUser>): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chown(path, user.uid, user.gid);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(join(path, name), user);
}

/** A server's process, and the folder that goes with it. */
export interface Mortal {
  readonly pid: string;
  readonly folder: string;
  /** The file that the server removes last. */
  readonly pidFile: string;
  readonly signal: "QUIT" | "TERM" | "KILL";
}

/** Whoever stops a server when we are gone. */
export interface Undertaker {
  /** Stops the server and removes its folder, now. */
  stop(): Promise<void>;
  /** Lets the server live on. */
  dismiss(): void;
}

/**
 * A shell that waits for the end of a pipe only we hold, then stops the server and removes its folder. The kernel
 * closes the pipe whichever way we go, so not even SIGKILL leaves a server behind.
 */
export function bury({ pid, folder, pidFile, signal }: Mortal): Undertaker {
  // The server removes its file last. (Its process may stay as a zombie where no init process reaps it.)
  const wait = `for i in $(seq 100); do [ -e "$2" ] || break; sleep 0.1; done`;
  const script = `cat >/dev/null; kill -${signal} "$0"; ${signal === "KILL" ? "sleep 0.1" : wait}; rm -rf "$1"`;
  const undertaker = spawn("/bin/sh", ["-c", script, pid, folder, pidFile], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // so that Ctrl-C, which goes to the whole group, does not hit it
    cwd: "/",
  });
  undertaker.unref();
  return {
    stop: async () => {
      undertaker.ref(); // or we would be gone before it is done
      undertaker.stdin.end();
      if (undertaker.exitCode === null && undertaker.signalCode === null) await once(undertaker, "exit");
    },
    dismiss: () => void undertaker.kill(),
  };
}

/** A folder for temporary files that `user` can enter: TMPDIR may be a private one of root's. */
async function temporaryFolder(user: ServerUser): Promise<string> {
  for (const folder of [tmpdir(), "/tmp", "/var/tmp"]) {
    const writable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (writable && (user === undefined || (await everybodyEnters(folder)))) return folder;
  }
  throw new StageError("disk", `${tmpdir()} cannot be used for temporary files`, "set TMPDIR to a folder that can");
}

async function everybodyEnters(folder: string): Promise<boolean> {
  if (((await stat(folder)).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || everybodyEnters(dirname(folder));
}

/** A port of 127.0.0.1 that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string")
    throw new StageError("unreachable", "127.0.0.1 has no free port");
  return address.port;
}
