import { type ErrorKind, StageError } from "../../model/errors.js";

const kindByNumber: Readonly<Record<number, ErrorKind>> = {
  3: "disk",
  1021: "disk",
  1114: "disk",
  1040: "temporary",
  1053: "temporary",
  1159: "temporary",
  1161: "temporary",
  1203: "temporary",
  1205: "temporary",
  1213: "temporary",
  1226: "temporary",
  1290: "temporary",
  1317: "temporary",
  1412: "temporary",
  1836: "temporary",
  1927: "temporary",
  1969: "temporary",
  3024: "temporary",
  3032: "temporary",
  3101: "temporary",
  3168: "temporary",
  3169: "temporary",
  4031: "temporary",
  1044: "forbidden",
  1045: "forbidden",
  1142: "forbidden",
  1143: "forbidden",
  1227: "forbidden",
  1370: "forbidden",
  1419: "forbidden",
  3748: "specification",
  3750: "specification",
};

const hintByKind: Readonly<Partial<Record<ErrorKind, string>>> = {
  temporary: "run the same command again: it goes on where this one stopped",
  forbidden: "grant the privilege to the user of the connection",
  disk: "make room on the database server, then run the same command again",
};

const hintByNumber: Readonly<Record<number, string>> = {
  1290: "connect to the primary, or run the same command again when this server takes writes",
  1419: "as an administrator: SET GLOBAL log_bin_trust_function_creators = 1, or GRANT SUPER ON *.* to the user",
  3748: "as an administrator: SET GLOBAL binlog_format = ROW",
  3750: "give the table a primary key, or, as an administrator: SET GLOBAL sql_require_primary_key = OFF",
};

const socketCodes = /^(PROTOCOL_CONNECTION_LOST|PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/;

/** What the driver throws, as far as it is known. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/**
 * An error of the driver or the server as a person may read it. What a message quotes may be a value of the data, so it is
 * left out, except where it can only be a name or the statement's own text. Anything else comes back as it is.
 */
export function translate(error: unknown, location: string): unknown {
  if (error instanceof StageError || !(error instanceof Error)) return error;
  const { code = "", errno, sqlState, sqlMessage, message }: DriverError = error;
  if (sqlMessage !== undefined && sqlState !== undefined) {
    const kind =
      kindByNumber[errno ?? 0] ??
      (diskFull.test(sqlMessage) ? "disk" : sqlState.startsWith("42") ? "specification" : "integrity");
    const isOfNames = sqlState.startsWith("42") && errno !== signalled;
    const said = isOfNames ? sqlMessage : withoutData(errno ?? 0, sqlMessage);
    const hint = hintByNumber[errno ?? 0] ?? hintByKind[kind];
    return new StageError(kind, `${said} (${errno}, ${sqlState})`, hint, withoutValues(error));
  }
  if (!socketCodes.test(code) && !message.includes("closed state")) return error;
  const text = `the connection to ${location} was lost: ${code === "" ? message : code}`;
  return new StageError("temporary", text, hintByKind.temporary, error);
}

// What an engine or a file says where no space is left: "Got error 28 …", "(errno: 28 …)", "(Errcode: 28 …)".
const diskFull = /\b(?:error|errno:|Errcode:) 28\b/;

// SIGNAL in a trigger or routine may say anything, values of the data too.
const signalled = 1644;
const raised = "a trigger or routine of the database raised an error";

/** "Column 'born' cannot be null", "Field 'born' doesn't have a default value", "Check constraint 'adult' is violated." */
const quotesNames = new Set([1048, 1364, 3819]);

/** The server's number of an error, 0 where it is none of the server's. */
export function errorNumber(error: unknown): number {
  return error instanceof Error && "errno" in error && typeof error.errno === "number" ? Math.max(error.errno, 0) : 0;
}

/** What the server says, without what may be a value of the data. */
export function withoutData(errno: number, message: string): string {
  if (errno === signalled) return raised;
  return quotesNames.has(errno) ? message : masked(message);
}

/** What became of a connection, in the system's or the driver's word; "" where an error is about nothing like that. */
export function socketCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return socketCodes.test(code) ? code : "";
}

/** What the server says without what it quotes, except the name of a column or a key at the very end. */
function masked(message: string): string {
  const [, before = message, name = ""] = named.exec(message) ?? [];
  return `${before.replace(/'.*'/s, "'…'").replace(/".*"/s, '"…"')}${name}`;
}

const named = /^(.*?)( for (?:column|key) ['`][^'`]+['`](?:\.[`'][^`']+[`'])*(?: at row \d+|\.)?)$/s;

// The cause is printed with a bug's stack: keep what identifies it, leave the statement and its values.
function withoutValues({ code, errno, sqlMessage }: DriverError): Error {
  const cause = Object.assign(new Error(`the server's error ${code ?? errno}`), { errno });
  return sqlMessage === undefined ? cause : withWords(cause, sqlMessage);
}

// Beside the errors and not in them, so that nothing that prints an error can print a value.
const words = new WeakMap<object, string>();

/** Keeps what the server said word for word, values of the data among it, with the cause of an error. */
export function withWords(cause: Error, said: string): Error {
  words.set(cause, said);
  return cause;
}

/** What the server said word for word: only for files that hold values of the data. */
export function wordsOf(error: StageError): string | undefined {
  return error.cause instanceof Error ? words.get(error.cause) : undefined;
}
