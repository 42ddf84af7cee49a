import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { StageError } from "../../lib/model/errors.js";
import { bundlePrograms } from "../../scripts/bundle-programs.js";
import { startPostgres, testSettings } from "../../scripts/embedded-postgres-server.js";
import { startMariadb } from "../../scripts/mariadb-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The maintenance database of the server all tests share. */
    readonly postgresUrl: string;
    /** The MySQL or MariaDB that all tests share, or what those are told that need it where there is none. */
    readonly mysql: { readonly url?: string; readonly missing?: string; readonly version?: string };
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the programs and starts the servers of this test run; the function it returns stops them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = [startSharedPostgres(project), startSharedMariadb(project)];
  const built = build().then(() => promisify(execFile)(process.execPath, [join(root, "dist/scripts/bundle-danfo.js")]));
  const [, ...started] = await Promise.allSettled([built, ...servers]);
  const stop = async () => {
    for (const one of started) if (one.status === "fulfilled") await one.value();
  };
  await Promise.all([built, ...servers]).catch(async (error) => {
    await stop();
    throw error;
  });
  return stop;
}

async function startSharedPostgres(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.WAYBILL_TEST_POSTGRES_URL;
  if (given !== undefined) {
    await assertReached(given);
    project.provide("postgresUrl", given);
    return async () => undefined;
  }
  const server = await startPostgres({ settings: testSettings });
  project.provide("postgresUrl", server.url("postgres"));
  return server.stop;
}

// Most tests do without it: where it is not installed, only those fail that need it, each with what to type.
async function startSharedMariadb(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.WAYBILL_TEST_MYSQL_URL;
  if (given !== undefined) {
    project.provide("mysql", { url: given, version: await versionOf(given) });
    return async () => undefined;
  }
  try {
    const server = await startMariadb();
    project.provide("mysql", { url: server.url(""), version: await versionOf(server.url("")) });
    return server.stop;
  } catch (error) {
    if (!(error instanceof StageError) || error.kind !== "missing") throw error;
    project.provide("mysql", { missing: `${error.message}; ${error.hint}` });
    return async () => undefined;
  }
}

async function versionOf(url: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  const place = { host: hostname, port: Number(port || 3306) };
  const who = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  const client = await createConnection({ ...place, ...who });
  const [[row]] = await client.query<(RowDataPacket & { readonly version: string })[]>("SELECT version() AS version");
  await client.end();
  return row?.version ?? "";
}

async function assertReached(url: string): Promise<void> {
  const client = new pg.Client(url);
  try {
    await client.connect();
  } catch (cause) {
    const cure = "start that server, or type: unset WAYBILL_TEST_POSTGRES_URL";
    throw new Error(`the server of WAYBILL_TEST_POSTGRES_URL does not answer; ${cure}`, { cause });
  }
  await client.end();
}

/** Compiles what changed since the last time. Type errors do not stop it: they are for `npm run types` to report. */
async function build(): Promise<void> {
  const stamp = join(root, "dist/.built");
  const builtMs = await stat(stamp).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  if ((await newestMs(["stages", "lib", "scripts"])) < builtMs) return;
  const draft = join(root, `dist/.draft-${process.pid}`);
  await mkdir(draft, { recursive: true });
  await writeFile(`${draft}.built`, "");
  await promisify(execFile)(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    join(root, "tsconfig.build.json"),
    "--outDir",
    draft,
  ]).catch(({ stdout }) => process.stderr.write(`${stdout}\n`));
  await bundlePrograms(draft, root);
  await publish(draft);
  await rename(`${draft}.built`, stamp);
}

/** Moves what differs into dist, whole files at a time: another test run may be running the programs right now. */
async function publish(draft: string): Promise<void> {
  for (const entry of await readdir(draft, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const fresh = join(entry.parentPath, entry.name);
    const built = fresh.replace(draft, join(root, "dist"));
    const same = await readFile(built).then(
      async (old) => old.equals(await readFile(fresh)),
      () => false,
    );
    if (same) continue;
    await mkdir(dirname(built), { recursive: true });
    await rename(fresh, built);
  }
  await rm(draft, { recursive: true });
}

async function newestMs(folders: readonly string[]): Promise<number> {
  let newest = 0;
  for (const folder of folders) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const { mtimeMs } = await stat(join(root, folder, name)).catch(() => ({ mtimeMs: Infinity })); // gone just now
      newest = Math.max(newest, mtimeMs);
    }
  }
  return newest;
}
