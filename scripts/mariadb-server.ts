import { execFile, spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { createConnection } from "mysql2/promise";
import { StageError } from "../lib/model/errors.js";
import { bury, freePort, type ServerUser, serverFolder, serverUser } from "./throw-away-server.js";

/** A throw-away MariaDB on a free port of 127.0.0.1, everybody let in as root. It dies with us, however we die. */
export interface MariadbServer {
  readonly url: (database: string) => string;
  /** Stops the server and removes all its data. */
  readonly stop: () => Promise<void>;
}

/** For tests: as fast as can be, and all is lost when the machine stops. */
export const testSettings = [
  "innodb-flush-log-at-trx-commit=0",
  "innodb-doublewrite=0",
  "innodb-buffer-pool-size=128M",
  "innodb-log-file-size=64M",
  "log-bin=binlog",
  "sync-binlog=0",
  "performance-schema=off",
  "max-connections=200",
];

// Packages put the server into sbin, which is not on everybody's PATH.
const path = [process.env.PATH, "/usr/sbin", "/usr/local/sbin", "/usr/libexec"].join(delimiter);

/** Makes a new data directory in a folder of its own for temporary files and starts a server on it. */
export async function startMariadb(settings: readonly string[] = testSettings): Promise<MariadbServer> {
  const user = serverUser("mysql");
  const folder = await serverFolder("waybill-mariadb-", user);
  try {
    const port = await freePort();
    const pid = await start({ folder, port, user }, settings);
    const url = (database: string) => `mariadb://root@127.0.0.1:${port}/${database}`;
    const undertaker = bury({ pid: String(pid), folder, pidFile: join(folder, "pid"), signal: "KILL" });
    return { url, stop: undertaker.stop };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly user: ServerUser;
}

async function start({ folder, port, user }: Place, settings: readonly string[]): Promise<number | undefined> {
  // A server that starts takes away what it finds of temporary tables in the folder for these: those of others too.
  const as = { ...user, cwd: folder, env: { PATH: path, LC_ALL: "C", TMPDIR: folder } };
  const log = join(folder, "server.log");
  const data = `--datadir=${join(folder, "data")}`;
  const places = [`--port=${port}`, "--bind-address=127.0.0.1", `--socket=${join(folder, "socket")}`];
  try {
    await promisify(execFile)(
      "mariadb-install-db",
      ["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"],
      as,
    );
    const files = [`--pid-file=${join(folder, "pid")}`, `--log-error=${log}`, "--skip-name-resolve"];
    const words = ["--no-defaults", data, ...places, ...files, ...settings.map((setting) => `--${setting}`)];
    const server = spawn("mariadbd", words, { ...as, detached: true, stdio: "ignore" });
    server.unref();
    await answers(port, () => server.exitCode !== null || server.signalCode !== null);
    return server.pid;
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (isMissing) throw notInstalled(cause);
    const said = await readFile(log, "utf8").catch(() => String(cause));
    throw new StageError("unreachable", `MariaDB did not start:\n${said.trim()}`, "see what it says above", cause);
  }
}

function notInstalled(cause: Error): StageError {
  const cure = "./scripts/install-clients, or point WAYBILL_TEST_MYSQL_URL at a server of your own";
  return new StageError("missing", "MariaDB's server is not installed (mariadbd, mariadb-install-db)", cure, cause);
}

async function answers(port: number, isGone: () => boolean): Promise<void> {
  for (;;) {
    const client = await createConnection({ host: "127.0.0.1", port, user: "root" }).catch(() => undefined);
    if (client !== undefined) return await client.end();
    if (isGone()) throw new Error("the server ended");
    await wait(50);
  }
}
