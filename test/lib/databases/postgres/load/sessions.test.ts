import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { sql } from "../../../../../lib/databases/postgres/identifiers.js";
import { openSessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import { createDatabase, type TestDatabase } from "../../../../support/postgres.js";

/** What a server says to whoever comes while it is starting up. */
function startingUp(): Buffer {
  const fields = ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up", ""];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase("");
});
afterAll(() => database.drop());

it("a server that goes down and starts up is waited for, also by the first session of a load", async () => {
  const { hostname, port } = new URL(database.url);
  let refusals = 2;
  const doorman = createServer((socket) => {
    socket.on("error", () => undefined);
    refusals -= 1;
    if (refusals >= 0) socket.once("data", () => socket.end(startingUp()));
    if (refusals === 1) {
      doorman.close();
      setTimeout(() => doorman.listen(listening, "127.0.0.1"), 250);
    }
    if (refusals >= 0) return;
    socket.pipe(connect(Number(port), hostname)).pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void doorman.close());
  await once(doorman, "listening");
  const { port: listening } = doorman.address() as AddressInfo;
  const url = Object.assign(new URL(database.url), { port: String(listening) }).href;
  const told: string[] = [];

  const sessions = await openSessions(url, { application: "waybill/test", onRetry: (sentence) => told.push(sentence) });

  await sessions.close();
  expect(told[0]).toContain("the database system is starting up; tried again in");
  expect(told[1]).toContain("ECONNREFUSED");
});

it("a connection that is lost while a lock is taken is replaced, and the lock taken over the new one", async () => {
  const sessions = await openSessions(database.url, { application: "waybill/test" });
  onTestFinished(() => sessions.close());
  const over: number[] = [];

  await sessions.hold(async (connection) => {
    over.push(connection.processId);
    if (over.length === 1) await database.query(`SELECT pg_terminate_backend(${connection.processId})`);
    await connection.query(sql`SELECT pg_advisory_lock(1)`);
  });

  expect(over).toHaveLength(2);
  const own = "database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  expect(await database.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND ${own}`)).toEqual([
    { pid: String(over[1]) },
  ]);
});
