import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createMysqlDatabase } from "../support/mariadb.js";
import { createDatabase } from "../support/postgres.js";

const scripts = fileURLToPath(new URL("../../dist/scripts", import.meta.url));
const postgres = started("embedded-postgres-server.js", "startPostgres({ settings: testSettings })", "postgres");
const mariadb = started("mariadb-server.js", "startMariadb()", "");

/** A program that starts a server, prints the URL of one of its databases and never ends. */
function started(module: string, start: string, database: string): string {
  return `
  const { startPostgres, startMariadb, testSettings } = await import(${JSON.stringify(`${scripts}/${module}`)});
  const server = await ${start};
  console.log(server.url(${JSON.stringify(database)}));
  setInterval(() => {}, 1000);`;
}

it.each([
  ["PostgreSQL", "SIGKILL", postgres],
  ["PostgreSQL", "SIGTERM", postgres],
  ["MariaDB", "SIGKILL", mariadb],
  ["MariaDB", "SIGTERM", mariadb],
] as const)("the throw-away %s dies with its parent on %s", async (_, signal, program) => {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const port = Number(new URL(String(line).trim()).port);
  const before = await listens(port);

  parent.kill(signal);

  await expect.poll(() => listens(port), { timeout: 10_000 }).toBe(false);
  expect(before).toBe(true);
});

it("a released server outlives its parent, and what it tells to type stops it and removes its data", async () => {
  const released = postgres.replace(
    "setInterval(() => {}, 1000);",
    "console.log(server.release()); await server.stop();",
  );
  const parent = spawn(process.execPath, ["--input-type=module", "-e", released], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url = "", stopCommand = ""] = (await text(parent.stdout)).split("\n");
  const port = Number(new URL(url).port);
  const before = await listens(port);

  await promisify(execFile)("sh", ["-c", stopCommand]);

  await expect.poll(() => listens(port), { timeout: 10_000 }).toBe(false);
  expect(before).toBe(true);
});

const typed =
  "CREATE TABLE a (b int); INSERT INTO a VALUES (1), (NULL); SELECT b, 1.50 AS c, 1 > 0 AS d FROM a ORDER BY 1";

it.each([
  ["PostgreSQL", createDatabase, "t", [1, 0]],
  ["MariaDB", createMysqlDatabase, "1", [0, 1]],
] as const)("a test's database on %s has a name of its own, and all values are text", async (_, create, yes, order) => {
  const [one, other] = await Promise.all([create(), create()]);

  const rows = await one.query(typed);

  expect(one.url).not.toBe(other.url);
  const [first, second] = order.map((place) => rows[place]);
  expect([first, second]).toEqual([
    { b: null, c: "1.50", d: yes },
    { b: "1", c: "1.50", d: yes },
  ]);
  expect(await one.count("a")).toBe(2);
  await Promise.all([one.drop(), other.drop()]);
});

async function listens(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  const connected = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
