import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { createDatabase } from "../support/postgres.js";

const module = fileURLToPath(new URL("../../dist/scripts/embedded-postgres-server.js", import.meta.url));
const program = `
  const { startPostgres, testSettings } = await import(${JSON.stringify(module)});
  const server = await startPostgres({ settings: testSettings });
  console.log(server.url("postgres"));
  setInterval(() => {}, 1000);`;

it.each(["SIGKILL", "SIGTERM"] as const)("the embedded PostgreSQL dies with its parent on %s", async (signal) => {
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
  const released = program.replace(
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

it("a test's database has a name of its own, and all values are text", async () => {
  const [one, other] = await Promise.all([createDatabase("CREATE TABLE a (b int)"), createDatabase()]);

  const rows = await one.query("INSERT INTO a VALUES (1), (NULL); SELECT b, 1.50 AS c, true AS d FROM a ORDER BY 1");

  expect(one.url).not.toBe(other.url);
  expect(rows).toEqual([
    { b: "1", c: "1.50", d: "t" },
    { b: null, c: "1.50", d: "t" },
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
