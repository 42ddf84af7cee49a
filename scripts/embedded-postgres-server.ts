import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { StageError } from "../lib/model/errors.js";
import { postgresBinaries } from "./postgres-binaries.js";
import { bury, freePort, giveTo, type ServerUser, serverFolder, serverUser } from "./throw-away-server.js";

const run = promisify(execFile);

/** A throw-away PostgreSQL on a free port of 127.0.0.1. It dies with us, however we die, unless it is released. */
export interface PostgresServer {
  /** The URL of a database of this server, password included. */
  readonly url: (database: string) => string;
  /** Stops the server and removes all its data. */
  readonly stop: () => Promise<void>;
  /** Lets the server live on when we are gone, and says what to type to stop it and to remove its data. */
  readonly release: () => string;
}

export interface PostgresServerOptions {
  /** Server settings, `name=value`. */
  readonly settings: readonly string[];
  /** Without a password everybody on this machine is let in: for tests. */
  readonly password?: string;
}

/** For tests: as fast as can be, and all is lost when the machine stops. */
export const testSettings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];

/** As somebody would run it who wants to keep the data. */
export const honestSettings = ["shared_buffers=512MB", "max_wal_size=4GB"];

/** Makes a new cluster in a folder of its own for temporary files and starts it. */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const user = serverUser("postgres");
  const folder = await serverFolder("waybill-postgres-", user);
  try {
    const binaries = await postgresBinaries(folder, user);
    const port = await freePort();
    await start({ folder, binaries, port, user }, options);
    return await server(folder, port, options);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Cluster {
  readonly folder: string;
  readonly binaries: string;
  readonly port: number;
  readonly user: ServerUser;
}

async function start(cluster: Cluster, options: PostgresServerOptions): Promise<void> {
  const { folder, binaries, port, user } = cluster;
  const [data, log, passwordFile] = [join(folder, "data"), join(folder, "server.log"), join(folder, "password")];
  await writeFile(passwordFile, `${options.password ?? "unused"}\n`, { mode: 0o600 });
  if (user !== undefined) await giveTo(passwordFile, user);
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", ...options.settings];
  const as = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C" } };
  try {
    await run(join(binaries, "bin/initdb"), [...initOptions(options), "-D", data, `--pwfile=${passwordFile}`], as);
    const flags = settings.map((setting) => `-c ${setting}`).join(" ");
    await run(join(binaries, "bin/pg_ctl"), ["start", "-w", "-s", "-D", data, "-l", log, "-o", flags], as);
  } catch (cause) {
    const said = await readFile(log, "utf8").catch(() => String(cause));
    throw new StageError("unreachable", `PostgreSQL did not start:\n${said.trim()}`, "see what it says above", cause);
  } finally {
    await rm(passwordFile);
  }
}

function initOptions({ password }: PostgresServerOptions): readonly string[] {
  const auth = password === undefined ? "trust" : "scram-sha-256";
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  return ["-U", "postgres", `--auth=${auth}`, "--no-sync", ...locale];
}

async function server(folder: string, port: number, options: PostgresServerOptions): Promise<PostgresServer> {
  const [pid] = (await readFile(join(folder, "data/postmaster.pid"), "utf8")).split("\n");
  const userinfo = options.password === undefined ? "postgres" : `postgres:${options.password}`;
  const url = (database: string) => `postgres://${userinfo}@127.0.0.1:${port}/${database}`;
  const undertaker = bury({ pid: `${pid}`, folder, pidFile: join(folder, "data/postmaster.pid"), signal: "QUIT" });
  const release = () => {
    undertaker.dismiss();
    return `kill -QUIT ${pid}; rm -rf ${folder}`;
  };
  return { url, stop: undertaker.stop, release };
}
