import { Socket } from "node:net";
import { type Duplex, finished, type Readable, type Writable } from "node:stream";
import { from, to } from "pg-copy-streams";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { sql } from "./identifiers.js";
import { translate } from "./server-errors.js";
import { type ConnectOptions, endSession, openSession, type Session } from "./session.js";

/** Every value is the server's own text: no number and no date passes through JavaScript. */
export type Value = string | null;

/** A result column as the protocol describes it. */
export interface ResultColumn {
  readonly name: string;
  readonly typeId: number;
  readonly typeModifier: number;
}

/**
 * One session, pinned: UTC, ISO dates, all digits of floats, hex bytes, UTF-8, no time limits, row security that
 * raises an error instead of hiding rows. The search path stays the role's own, since the specification's SQL relies
 * on it; names that we print or store come from the catalog, with their schema. All errors are StageErrors.
 */
export interface Connection {
  /** `host:port/database`, for messages. */
  readonly location: string;
  readonly processId: number;
  /** Since when that process serves us, as the server writes it. */
  readonly startedAt: string;
  /** The rows of one statement; the caller states their columns, each a text or NULL. */
  query<Row extends object = Readonly<Record<string, Value>>>(
    sql: Sql,
    values?: readonly Value[],
  ): Promise<readonly Row[]>;
  /** Runs one statement; the number of rows it touched. */
  execute(sql: Sql, values?: readonly Value[]): Promise<number>;
  /** The columns a SELECT would return, without its rows. */
  describe(select: Sql): Promise<readonly ResultColumn[]>;
  /** A stream into COPY … FROM STDIN; `rowCount` is the server's once it has finished. */
  copyFrom(sql: Sql): Writable & { readonly rowCount: number };
  /** The bytes of COPY … TO STDOUT; `rowCount` is the server's after `end`. Destroying it midway ends the session. */
  copyTo(sql: Sql): Readable & { readonly rowCount: number };
  /** Runs `work` between BEGIN (or what is given) and COMMIT; rolls back when it throws. */
  transaction<Result>(work: () => Promise<Result>, begin?: Sql): Promise<Result>;
  /**
   * Asks, whenever an answer is waited for and nothing has gone over the wire for so long, whether the session is lost,
   * and if so cuts it off: what waits then fails as it does when a connection breaks.
   */
  watch(silenceMs: number, isLost: () => Promise<boolean>): void;
  /** Ends the session, at once if something is still running or nobody answers. Never throws. */
  close(): Promise<void>;
}

const copyBufferBytes = 256 * 1024;

/** Opens a session. Throws "unreachable" naming host, port and database, never the password. */
export async function connect(url: string, options: ConnectOptions): Promise<Connection> {
  return connectionOf(await openSession(url, options));
}

function connectionOf(session: Session): Connection {
  const { client, location, processId, startedAt } = session;
  const answers = awaitedAnswers();

  const run = async <Row extends object>(statement: Sql, values: readonly Value[] = []) => {
    // Without values the simple protocol, which also takes the statements that cannot be prepared.
    const result = values.length === 0 ? client.query<Row>(statement) : client.query<Row>(statement, [...values]);
    return await answers.untilSettled(result).catch((error: unknown) => {
      throw translate(error, { location, statement });
    });
  };

  const connection: Connection = {
    location,
    processId,
    startedAt,
    query: async <Row extends object>(statement: Sql, values?: readonly Value[]) =>
      (await run<Row>(statement, values)).rows,
    execute: async (statement, values) => (await run(statement, values)).rowCount ?? 0,
    describe: async (select) => {
      const { fields } = await run(sql`SELECT * FROM (\n${select}\n) AS described LIMIT 0`);
      return fields.map(({ name, dataTypeID, dataTypeModifier }) => {
        return { name, typeId: dataTypeID, typeModifier: dataTypeModifier };
      });
    },
    copyFrom: (statement) =>
      answers.untilOver(client.query(speaking(from(statement, { highWaterMark: copyBufferBytes }), location))),
    copyTo: (statement) => {
      const stream = answers.untilOver(
        client.query(speaking(to(statement, { highWaterMark: copyBufferBytes }), location)),
      );
      // Left half-read, the session is in the middle of a message and could only hang.
      return stream.once("close", () => stream.readableEnded || client.connection.stream.destroy());
    },
    transaction: async (work, begin = sql`BEGIN`) => {
      await run(begin);
      try {
        const result = await work();
        // The server answers COMMIT of a failed transaction with ROLLBACK, and calls that a success.
        const { command } = await run(sql`COMMIT`);
        if (command !== "COMMIT") throw new StageError("integrity", `${location} rolled a transaction back at COMMIT`);
        return result;
      } catch (error) {
        await run(sql`ROLLBACK`).catch(() => undefined);
        throw error;
      }
    },
    watch: (silenceMs, isLost) =>
      watchSilence(client.connection.stream, silenceMs, async () => answers.areDue() && (await isLost())),
    close: () => endSession(client),
  };
  return connection;
}

/** Counts what an answer is waited for. */
function awaitedAnswers() {
  let waiting = 0;
  const begin = () => {
    waiting += 1;
  };
  const end = () => {
    waiting -= 1;
  };
  return {
    areDue: () => waiting > 0,
    untilSettled: <Result>(answer: Promise<Result>): Promise<Result> => {
      begin();
      return answer.finally(end);
    },
    untilOver: <Stream extends Readable | Writable>(stream: Stream): Stream => {
      begin();
      finished(stream, end);
      return stream;
    },
  };
}

function watchSilence(stream: Duplex, silenceMs: number, isLost: () => Promise<boolean>): void {
  if (!(stream instanceof Socket)) return;
  const look = async () => {
    if (await isLost()) stream.destroy(new Error(`Connection terminated: no answer for ${silenceMs / 1000} s`));
    else stream.setTimeout(silenceMs);
  };
  stream.setTimeout(silenceMs).on("timeout", () => void look());
}

interface ErrorHandler {
  handleError(error: unknown): void;
}

/** The driver hands errors to the stream by `handleError`: what the stream then emits shall be readable. */
function speaking<Stream extends object>(stream: Stream, location: string): Stream {
  const { handleError } = stream as Stream & ErrorHandler;
  return Object.assign(stream, {
    handleError: (error: unknown) => handleError.call(stream, translate(error, { location })),
  });
}
