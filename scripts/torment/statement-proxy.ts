import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A statement on its way to the server: which one it is, from 1, over all connections since the last `listen`. */
export interface PassingStatement {
  readonly number: number;
  readonly text: string;
}

/** What becomes of a statement: it passes; it never arrives; or it does, and its answer never comes. */
export type Fate = "pass" | "lost" | "answer lost";

/** A PostgreSQL server's stand-in that sees each statement before the server does. */
export interface StatementProxy {
  /** The same server's database through the proxy. */
  readonly url: (url: string) => string;
  /** From now on `judge` is asked of each statement; `onLost` is called when one, or its answer, was withheld. */
  listen(judge: (statement: PassingStatement) => Fate, onLost: () => void): void;
  readonly close: () => void;
}

/** Stands before the server of a URL. */
export async function statementProxy(server: URL): Promise<StatementProxy> {
  let [number, judge, onLost] = [0, (_: PassingStatement): Fate => "pass", () => {}];
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(Number(server.port), server.hostname);
    for (const socket of [client, upstream]) sockets.add(socket.on("error", () => undefined));
    let withheld: Fate = "pass";
    const statements = statementReader();
    client.on("data", (bytes) => {
      for (const text of statements(bytes)) {
        number += 1;
        if (withheld === "pass") withheld = judge({ number, text });
      }
      if (withheld === "lost") onLost();
      else upstream.write(bytes);
    });
    upstream.on("data", (bytes) => void (withheld === "answer lost" ? onLost() : client.write(bytes)));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  const port = address === null || typeof address === "string" ? "" : String(address.port);
  return {
    url: (url) => Object.assign(new URL(url), { hostname: "127.0.0.1", port }).href,
    listen: (judgeThen, onLostThen) => {
      [number, judge, onLost] = [0, judgeThen, onLostThen];
    },
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Finds the statements in what a client sends, piece by piece: messages Query and Parse of
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function statementReader(): (bytes: Buffer) => readonly string[] {
  let [pending, isStarted] = [Buffer.alloc(0), false];
  return (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    const found: string[] = [];
    for (;;) {
      // Only the first message of a connection, and the one that asks for TLS before it, has no type.
      const typeBytes = isStarted ? 1 : 0;
      if (pending.length < typeBytes + 4) return found;
      const end = typeBytes + pending.readInt32BE(typeBytes);
      if (pending.length < end) return found;
      const text = statementOf(pending.subarray(0, end), isStarted);
      if (text !== undefined) found.push(text);
      isStarted ||= end !== 8;
      pending = pending.subarray(end);
    }
  };
}

function statementOf(message: Buffer, isStarted: boolean): string | undefined {
  const type = isStarted ? String.fromCharCode(message[0] ?? 0) : "";
  const [first = "", second = ""] = message.subarray(5).toString("utf8").split("\0", 2);
  if (type === "Q") return first;
  return type === "P" ? second : undefined;
}
