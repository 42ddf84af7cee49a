import { Readable } from "node:stream";
import type { Connection as Client, Query } from "mysql2";
import { sql } from "../../mapping/sql.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { CopyOut } from "../port.js";
import { type Mending, mendText } from "./mend-text.js";
import { type RowPacket, rowEncoder } from "./row-encoder.js";
import { translate } from "./server-errors.js";
import { openSession, type Session } from "./session.js";
import { type CopiedColumns, findUnfit } from "./unfit-text.js";

/** Every value is the server's own text: no number and no date passes through JavaScript. */
export type Value = string | null;

/** A result column as the protocol describes it. */
export interface ResultColumn {
  readonly name: string;
  /** The protocol's number of the type. */
  readonly type: number;
  readonly flags: number;
  /** The number of the collation its bytes are in. */
  readonly collation: number;
  readonly bytes: number;
  readonly decimals: number;
}

/** One pinned session. All errors are StageErrors. */
export interface Connection {
  /** `host:port/database`, for messages. */
  readonly location: string;
  /** The rows of one statement, each a list of texts. */
  query(sql: Sql): Promise<readonly (readonly Value[])[]>;
  /** The columns a SELECT would return, without its rows. */
  describe(select: Sql): Promise<readonly ResultColumn[]>;
  /** The rows of a SELECT as CSV; destroying them midway ends the session. */
  copyTo(sql: Sql, what: Copied): CopyOut;
  /** Ends the session, at once if something is still running. Never throws. */
  close(): Promise<void>;
}

/** What is copied, and what becomes of values that no file may hold; without `mending` they end the copy. */
export interface Copied extends CopiedColumns {
  readonly mending?: Pick<Mending, "policy" | "rowChecksum">;
}

const bufferBytes = 1024 * 1024;

/** Opens a session that can only read. Throws "unreachable" naming host, port and database, never the password. */
export async function connect(url: string, application: string): Promise<Connection> {
  return connectionOf(await openSession(url, { application }));
}

/** What every session can do. */
export function connectionOf({ client, location }: Session): Connection {
  const query = (statement: Sql) => queryRows(client, location, statement);
  return {
    location,
    query,
    describe: (select) => describe(client, location, select),
    copyTo: (statement, what) => copyTo({ client, location, query }, statement, what),
    close: async () => {
      await new Promise<void>((ended) => client.end(() => ended()));
      client.destroy();
    },
  };
}

function queryRows(client: Client, location: string, statement: Sql): Promise<readonly (readonly Value[])[]> {
  const options = { sql: statement, rowsAsArray: true, typeCast: textOf };
  return new Promise((resolve, reject) => {
    client.query<(readonly Value[] & never)[]>(options, (error, rows) => {
      if (error) reject(translate(error, location));
      else resolve(Array.isArray(rows) ? rows : []);
    });
  });
}

// Texts are selected in UTF-8, and names of the catalog are stored in it.
function textOf(field: { buffer(): Buffer | null }): Value {
  return field.buffer()?.toString("utf8") ?? null;
}

// The driver reads a column's name in the character set of its values: names come out right only where those are UTF-8,
// and that only where results are converted.
async function describe(client: Client, location: string, select: Sql): Promise<readonly ResultColumn[]> {
  const statement = sql`SELECT * FROM (\n${select}\n) AS described LIMIT 0`;
  const asked = async (results: Sql) => {
    await queryRows(client, location, sql`SET SESSION character_set_results = ${results}`);
    return await fieldsOf(client, location, statement);
  };
  const named = await asked(sql`utf8mb4`);
  const stored = await asked(sql`NULL`);
  return stored.map((field, index) => ({ ...field, name: named[index]?.name ?? "" }));
}

function fieldsOf(client: Client, location: string, statement: Sql): Promise<readonly ResultColumn[]> {
  return new Promise((resolve, reject) => {
    client.query(statement, (error, _, fields = []) => {
      if (error) return reject(translate(error, location));
      return resolve(
        fields.map(({ name, columnType = 0, flags, characterSet = 0, columnLength = 0, decimals }) => ({
          name,
          type: columnType,
          flags: typeof flags === "number" ? flags : 0,
          collation: characterSet,
          bytes: columnLength,
          decimals,
        })),
      );
    });
  });
}

/** What the driver hands to a query's `row`: the row as it came, or the packet that ends the result. */
interface ResultPacket extends RowPacket {
  isEOF(): boolean;
  eofWarningCount(): number;
}

/** The state of the driver's query that takes rows. We stand in its place while there are rows. */
interface RowState {
  row(packet: ResultPacket): unknown;
}

interface Copying extends Pick<Connection, "query" | "location"> {
  readonly client: Client;
}

function copyTo({ client, location, query }: Copying, statement: Sql, what: Copied): CopyOut {
  let [isDone, isLast, warningCount] = [false, false, 0];
  const rows = new Readable({
    highWaterMark: bufferBytes,
    read: () => client.resume(),
    destroy: (error, done) => {
      // Left half-read, the session is in the middle of a result and could only hang.
      if (!isDone) client.destroy();
      done(error);
    },
  });
  // Whoever takes the rows may fail before listening to them; the error that follows must not end the process.
  rows.on("error", () => {});
  const onChunk = (csv: Buffer) => {
    // After the last row nobody asks for more, and a driver that is paused then never begins the next statement.
    if (!rows.push(csv) && !isLast) client.pause();
  };
  const { mending, ...named } = what;
  const mended = new Map<string, number>();
  const onMended = (column: string) => mended.set(column, (mended.get(column) ?? 0) + 1);
  const encoder = rowEncoder({
    onChunk,
    onUnfit: (csv, rowsBefore) => {
      if (mending === undefined) rows.destroy(findUnfit(csv, { ...named, rowsBefore }));
      else onChunk(mendText(csv, { ...mending, columns: named.columns, onMended }));
    },
  });
  const running = client.query({ sql: statement }, (error) => {
    isDone = true;
    if (error) rows.destroy(asError(translate(error, location)));
    else rows.push(null);
  });
  onRows(running, (packet) => {
    if (!packet.isEOF()) return encoder.add(packet);
    [isLast, warningCount] = [true, packet.eofWarningCount()];
    return encoder.end();
  });
  // Sent right behind the rows: on a connection that serves everybody, nothing may come between.
  const afterwards = [query(sql`SHOW WARNINGS`), query(sql`SELECT found_rows(), @@max_error_count`)] as const;
  for (const one of afterwards) one.catch(() => {});
  return {
    rows,
    mended: () => Object.fromEntries(mended),
    serverRowCount: async () => {
      const [warnings, [[count, most] = []]] = await Promise.all(afterwards);
      if (warningCount !== 0 || most === "0") assertNothingLost(warnings, Number(most));
      return Number(count);
    },
  };
}

// The driver's own rows are objects, a field each: they took longer than encoding the bytes of the protocol does.
function onRows(running: Query, take: (packet: ResultPacket) => void): void {
  const state = running as unknown as RowState;
  const original = state.row;
  state.row = (packet) => {
    const isEnd = packet.isEOF();
    take(packet);
    return isEnd ? original.call(running, packet) : state.row;
  };
}

/** Warnings that a value was left out or changed on its way: too long for a packet, or in no character set we can read. */
const losses = new Set(["1301", "1300", "1977", "3854"]);

// Of more warnings than it keeps the server tells nothing: some of MySQL's count none but those.
function assertNothingLost(warnings: readonly (readonly Value[])[], most: number): void {
  const lost = warnings.find(([, number]) => losses.has(number ?? ""));
  if (lost !== undefined) throw lostValue(lost[1] === "1301");
  if (warnings.length < most) return;
  throw new StageError(
    "integrity",
    `the server raised ${most} warnings or more, as many as it keeps: another may be of a value that it left out`,
    `ask for what raises none, in select: or where: (the first is number ${warnings[0]?.[1] ?? "unknown"} of the server's), ` +
      "or let it keep more of them: SET GLOBAL max_error_count = 65535",
  );
}

function lostValue(isTooLong: boolean): StageError {
  return new StageError(
    "integrity",
    isTooLong
      ? "the server left a value out: with its text it is longer than max_allowed_packet"
      : "the server could not convert a text into UTF-8",
    isTooLong
      ? "SET GLOBAL max_allowed_packet = 1073741824 on the server, then run the same command again"
      : "select the column as bytes: select: SELECT …, CAST(column AS BINARY) AS column FROM …",
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
