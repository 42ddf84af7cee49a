import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { openSessions } from "../../../../../lib/databases/mysql/load/sessions.js";
import { createMysqlDatabase } from "../../../../support/mariadb.js";
import { rejection } from "../../postgres/load/loading.js";

it("a server that hangs up before its first word, as while it is starting, is waited for; one that was never there is not", async () => {
  const database = await createMysqlDatabase();
  onTestFinished(database.drop);
  const { hostname, port } = new URL(database.url);
  let refusals = 2;
  const doorman = createServer((socket) => {
    socket.on("error", () => undefined);
    refusals -= 1;
    if (refusals === 1) {
      doorman.close();
      setTimeout(() => doorman.listen(listening, "127.0.0.1"), 250);
    }
    if (refusals >= 0) socket.end();
    else socket.pipe(connect(Number(port), hostname)).pipe(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void doorman.close());
  await once(doorman, "listening");
  const { port: listening } = doorman.address() as AddressInfo;
  const url = Object.assign(new URL(database.url), { port: String(listening) }).href;
  const told: string[] = [];

  const sessions = await openSessions(url, { application: "waybill/test", onRetry: (sentence) => told.push(sentence) });
  await sessions.close();
  doorman.close();
  const startedMs = performance.now();
  const never = await rejection(openSessions(url, { application: "waybill/test" }));

  expect(told[0]).toMatch(/closed the connection.*; tried again in/);
  expect(told[1]).toContain("ECONNREFUSED");
  expect(never).toMatchObject({ kind: "unreachable" });
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
