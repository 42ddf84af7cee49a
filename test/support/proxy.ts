import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A piece of what goes over one connection. */
export interface Piece {
  /** From 1, in the order in which the connections came. */
  readonly connection: number;
  readonly from: "client" | "server";
  readonly bytes: Buffer;
  /** How many bytes had gone this way over this connection before. */
  readonly sent: number;
}

/** "cut": both ends lose the connection, the piece is gone. "hang": nothing goes either way from now on, and nobody is told. */
export type Verdict = "pass" | "cut" | "hang" | { readonly delayMs: number };

/** A server's stand-in that does to its connections what a bad network does. */
export interface Proxy {
  /** The same database, through the proxy. */
  readonly url: string;
  /** Decides on every piece from now on. */
  judge(verdict: (piece: Piece) => Verdict): void;
}

/** Stands before the server of a URL until the test is over. */
export async function proxyBefore(url: string): Promise<Proxy> {
  const server = new URL(url);
  const sockets = new Set<Socket>();
  let judge: (piece: Piece) => Verdict = () => "pass";
  let connections = 0;
  const listener = createServer((client) => {
    connections += 1;
    const upstream = connect(Number(server.port), server.hostname);
    const ends = [client, upstream];
    const both = { number: connections, ends, hangs: false };
    for (const socket of ends) sockets.add(socket.on("error", () => undefined));
    forward(both, "client", (piece) => judge(piece));
    forward(both, "server", (piece) => judge(piece));
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(address.port) }).href,
    judge: (verdict) => {
      judge = verdict;
    },
  };
}

interface Both {
  readonly number: number;
  readonly ends: readonly Socket[];
  hangs: boolean;
}

function forward(both: Both, from: Piece["from"], judge: (piece: Piece) => Verdict): void {
  const [source, goal] = from === "client" ? both.ends : [...both.ends].reverse();
  if (source === undefined || goal === undefined) throw new Error("a connection has two ends");
  let sent = 0;
  let turn = Promise.resolve();
  source.on("data", (bytes) => {
    if (both.hangs) return;
    const verdict = judge({ connection: both.number, from, bytes, sent });
    sent += bytes.length;
    if (verdict === "cut") for (const socket of both.ends) socket.destroy();
    else if (verdict === "hang") both.hangs = true;
    else {
      const delayMs = verdict === "pass" ? 0 : verdict.delayMs;
      // In turn, so that what is delayed is not overtaken.
      if (delayMs > 0) turn = turn.then(() => new Promise((done) => setTimeout(done, delayMs)));
      void turn.then(() => goal.write(bytes));
    }
  });
  source.on("close", () => both.hangs || void turn.then(() => goal.end()));
}
