import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { openSessions } from "../../../../../lib/databases/postgres/load/sessions.js";
import { createDatabase } from "../../../../support/postgres.js";

/** What a server says to whoever comes while it is starting up. */
function startingUp(): Buffer {
  const fields = ["SFATAL", "VFATAL", "C57P03", "Mthe database system is starting up", ""];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""));
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

it("a server that is starting up is waited for, also by the first session of a load", async () => {
  const database = await createDatabase("");
  onTestFinished(() => database.drop());
  const { hostname, port } = new URL(database.url);
  let refusals = 2;
  const doorman = createServer((socket) => {
    socket.on("error", () => undefined);
    refusals -= 1;
    if (refusals >= 0) socket.once("data", () => socket.end(startingUp()));
    else socket.pipe(connect(Number(port), hostname)).pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void doorman.close());
  await once(doorman, "listening");
  const url = Object.assign(new URL(database.url), { port: String((doorman.address() as AddressInfo).port) }).href;
  const told: string[] = [];

  const sessions = await openSessions(url, { application: "waybill/test", onRetry: (sentence) => told.push(sentence) });

  await sessions.close();
  expect(told).toHaveLength(2);
  expect(told[0]).toContain("the database system is starting up; tried again in");
});
