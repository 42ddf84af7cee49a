import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Connection as Client, ResultSetHeader } from "mysql2";
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import { type Connection, connectionOf } from "../connection.js";
import { translate } from "../server-errors.js";
import { openSession, type Session, type SessionOptions } from "../session.js";

/** What the server says of a statement that changed rows. */
export interface Changed {
  readonly rowCount: number;
  readonly warningCount: number;
}

/** One pinned session of a target. It is the only kind that sends a file, and only the one that its statement names. */
export interface TargetConnection extends Connection {
  /** Runs a statement that returns no rows. */
  execute(statement: Sql): Promise<Changed>;
  /**
   * Runs `LOAD DATA LOCAL INFILE '<name>' …` with these bytes as the file; no chunk may be empty. Where they break off,
   * the session ends: under LOCAL a file that merely ends is a whole one.
   */
  sendFile(statement: Sql, file: { readonly name: string; readonly chunks: AsyncIterable<Buffer> }): Promise<Changed>;
  /** Whether its connection is gone, and with it all that it held. */
  isLost(): boolean;
  /** Runs `work` in a transaction: committed when it returns, rolled back when it throws. */
  transaction<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Opens a session of a target. Throws "unreachable" naming host, port and database, never the password. */
export async function connectTarget(url: string, options: SessionOptions): Promise<TargetConnection> {
  const session = await openSession(url, options);
  const connection = connectionOf(session);
  const execute = (statement: Sql) => change(session, { sql: statement });
  return {
    ...connection,
    execute,
    isLost: () => socketOf(session.client).destroyed,
    sendFile: (statement, file) => sendFile(session, statement, file),
    transaction: async (work) => {
      await execute(sql`START TRANSACTION`);
      try {
        const result = await work();
        await execute(sql`COMMIT`);
        return result;
      } catch (error) {
        // Where the session is gone, so is its transaction.
        await execute(sql`ROLLBACK`).catch(() => undefined);
        throw error;
      }
    },
  };
}

interface Statement {
  readonly sql: Sql;
  readonly infileStreamFactory?: (path: string) => Readable;
}

function change({ client, location }: Session, statement: Statement): Promise<Changed> {
  return new Promise((resolve, reject) => {
    client.query<ResultSetHeader>(statement, (error, { affectedRows, warningStatus } = {} as ResultSetHeader) => {
      if (error) reject(translate(error, location));
      else resolve({ rowCount: affectedRows, warningCount: warningStatus });
    });
  });
}

async function sendFile(
  session: Session,
  statement: Sql,
  { name, chunks }: Parameters<TargetConnection["sendFile"]>[1],
): Promise<Changed> {
  let fail: (error: unknown) => void = () => undefined;
  // The driver would end the file where its stream fails: so it never hears of that.
  const broken = new Promise<never>((_, reject) => {
    fail = (error) => {
      session.client.destroy();
      socketOf(session.client).destroy();
      reject(error);
    };
  });
  let sent: Readable | undefined;
  const infileStreamFactory = (asked: string) => {
    const wanted = asked === name ? paced(session.client, chunks, fail) : refuse(asked, session.location, fail);
    sent = Readable.from(wanted, { objectMode: false, highWaterMark: packetBytes });
    return sent;
  };
  try {
    return await Promise.race([change(session, { sql: statement, infileStreamFactory }), broken]);
  } finally {
    sent?.destroy();
  }
}

/** Far below any max_allowed_packet that lets a server work. */
const packetBytes = 256 * 1024;

// The driver writes whatever comes, however slow the server reads: so it is given no more than the socket takes.
async function* paced(client: Client, chunks: AsyncIterable<Buffer>, fail: (error: unknown) => void) {
  const socket = socketOf(client);
  try {
    for await (const chunk of chunks)
      for (let from = 0; from < chunk.length; from += packetBytes) {
        if (socket.writableNeedDrain) await roomIn(socket);
        if (socket.destroyed) return;
        yield chunk.subarray(from, from + packetBytes);
      }
  } catch (error) {
    fail(error);
    // What returned now would be the end of a whole file.
    await new Promise<never>(() => undefined);
  }
}

function socketOf(client: Client): Socket {
  return (client as unknown as { readonly stream: Socket }).stream;
}

function roomIn(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}

async function* refuse(asked: string, location: string, fail: (error: unknown) => void): AsyncGenerator<Buffer> {
  fail(
    new StageError(
      "integrity",
      `${location} asked for a file that nobody offered (${JSON.stringify(asked)}); it got nothing`,
      "find out who answers at that address before you go on",
    ),
  );
  await new Promise<never>(() => undefined);
}
