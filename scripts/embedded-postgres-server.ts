import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { StageError } from "../lib/model/errors.js";
import { giveTo, postgresBinaries, type ServerUser, serverUser } from "./postgres-binaries.js";

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
  const user = serverUser();
  const folder = await mkdtemp(join(await temporaryFolder(user), "waybill-postgres-"));
  try {
    if (user !== undefined) await giveTo(folder, user);
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
  const undertaker = bury(`${pid}`, folder);
  const stop = async () => {
    undertaker.ref(); // or we would be gone before it is done
    undertaker.stdin.end();
    if (undertaker.exitCode === null && undertaker.signalCode === null) await once(undertaker, "exit");
  };
  const release = () => {
    undertaker.kill();
    return `kill -QUIT ${pid}; rm -rf ${folder}`;
  };
  return { url, stop, release };
}

/**
 * A shell that waits for the end of a pipe only we hold, then stops the server and removes its folder. The kernel
 * closes the pipe whichever way we go, so not even SIGKILL leaves a server behind.
 */
function bury(pid: string, folder: string) {
  // The server removes its postmaster.pid last. (Its process may stay as a zombie where no init process reaps it.)
  const wait = `for i in $(seq 100); do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done`;
  const script = `cat >/dev/null; kill -QUIT "$0"; ${wait}; rm -rf "$1"`;
  const undertaker = spawn("/bin/sh", ["-c", script, pid, folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // so that Ctrl-C, which goes to the whole group, does not hit it
    cwd: "/",
  });
  undertaker.unref();
  return undertaker;
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

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string")
    throw new StageError("unreachable", "127.0.0.1 has no free port");
  return address.port;
}
