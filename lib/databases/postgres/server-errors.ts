import { DatabaseError } from "pg";
import { type ErrorKind, StageError } from "../../model/errors.js";
import type { Refusal } from "../quarantine-port.js";

/** What was being done, for the message: "load beneficiaries", and the statement, if it is worth showing. */
export interface ErrorContext {
  readonly doing?: string;
  readonly location: string;
  readonly statement?: string;
}

const kindByCode: readonly (readonly [RegExp, ErrorKind])[] = [
  [/^(28|3D000)/, "unreachable"],
  [/^(08|57P0|53300|53400|40P01|40001|55P03|57014|25006)/, "temporary"],
  [/^42501/, "forbidden"],
  [/^(53100|58030)/, "disk"],
  [/^53/, "temporary"],
  [/^42/, "specification"],
];

const hintByKind: Readonly<Partial<Record<ErrorKind, string>>> = {
  temporary: "run the same command again: it goes on where this one stopped",
  forbidden: "grant the privilege to the role of the connection, or connect as the owner",
  disk: "make room on the database server, then run the same command again",
};

const lostConnection =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|Connection ended)/;
const socketCodes = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"]);

/**
 * An error of the driver or the server as a person may read it. No value of the data gets through: DETAIL and CONTEXT
 * are left out, since they quote rows, and so is what a message quotes. Anything that is not the database's comes back as it is.
 */
export function translate(error: unknown, context: ErrorContext): unknown {
  if (error instanceof StageError) return error;
  if (error instanceof DatabaseError) return serverError(error, context);
  if (isLostConnection(error)) return lost(error, context);
  return error;
}

function serverError(error: DatabaseError, context: ErrorContext): StageError {
  const code = error.code ?? "";
  const kind = kindByCode.find(([pattern]) => pattern.test(code))?.[1] ?? "integrity";
  const lines = [
    `${prefix(context)}${safeMessage(error)} (${code})${place(error)}${names(error)}`,
    ...caret(error, context.statement),
  ];
  return new StageError(kind, lines.join("\n"), safeHint(error) ?? hintByKind[kind], withoutValues(error));
}

// Beside the errors and not in them, so that nothing that prints an error can print a value.
const refusals = new WeakMap<object, Refusal>();

/** How the database refuses a row for what the row holds; undefined for every other failure. */
export function refusalOf(error: unknown): Refusal | undefined {
  return error instanceof StageError && error.cause instanceof Object ? refusals.get(error.cause) : undefined;
}

// Classes of failures that no row is to blame for: connections, privileges, resources, the server's own, broken
// statements, files that are no CSV. Any other code is data, a constraint, or what somebody's trigger raised.
const noRowsFault =
  /^(0[0-3]|0[89]|0[A-Z]|2[01]|2[4-8]|2[BDF]|3[489]|3[BDF]|40|42|53|54(?!000)|55|57|58|72|F0|HV|XX|P0000|22P04)/;

function refusal({ code = "", constraint, message, detail, where }: DatabaseError): Refusal | undefined {
  if (code === "" || noRowsFault.test(code)) return undefined;
  const line = where?.match(/^COPY [^\n]+?, \D{0,20}(\d+)/m)?.[1];
  const words = detail === undefined ? message : `${message} (${detail})`;
  return { code, constraint: constraint ?? null, message: words, line: line === undefined ? undefined : Number(line) };
}

/** True of errors that say the connection is gone: what was not committed did not happen. */
export function isLostConnection(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return lostConnection.test(error.message) || socketCodes.has(errorCode(error));
}

// Deadlocks, serialization failures, lock timeouts, lost connections, restarts, a full or starting server, a failover to
// a server that only reads yet. Not 57014: whoever cancels a statement, or lets it time out, wants it to end.
const passing = /^(08|40001$|40P01$|55P03$|57P0[1-3]$|53300$|25006$)/;

/** Whether an error, or what caused it, may be gone when the same is tried again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  return passing.test(errorCode(error)) || isLostConnection(error) || isPassing(cause);
}

/** The code of a system or server error, "" where there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function lost(error: Error, context: ErrorContext): StageError {
  const message = `${prefix(context)}the connection to ${context.location} was lost: ${error.message}`;
  return new StageError("temporary", message, hintByKind.temporary, error);
}

function prefix({ doing }: ErrorContext): string {
  return doing === undefined ? "" : `${doing}: `;
}

// Data exceptions quote the value, and a trigger may say anything. Servers speak many languages, so quotes of all shapes go.
function safeMessage(error: DatabaseError): string {
  const code = error.code ?? "";
  if (code.startsWith("P0")) return "a trigger or function of the database raised an exception";
  if (!code.startsWith("22") || /^22021|^22P05/.test(code)) return error.message;
  return error.message.replace(/["„“”«»「『].*["„“”«»」』]/s, "…");
}

// Hints of class 42 suggest names of columns and functions; others may quote what was sent.
function safeHint(error: DatabaseError): string | undefined {
  return error.code?.startsWith("42") ? error.hint : undefined;
}

// "COPY people, line 3, column born: "31/02/1980"" in the server's language. Lines are counted without the header,
// which the server never sees, so the file's own line is one more.
function place(error: DatabaseError): string {
  const found = error.where?.match(/^COPY [^\n]+?, \D{0,20}(\d+)(?:, \S+ ([^\n]+?))?(?:: [^\n]*)?(?:\n|$)/);
  if (!found) return "";
  const column = found[2] === undefined ? "" : `, column ${found[2]}`;
  return `, line ${Number(found[1]) + 1} of the file${column}`;
}

function names(error: DatabaseError): string {
  const known = [
    error.table && `table ${error.schema}.${error.table}`,
    error.column && `column ${error.column}`,
    error.constraint && `constraint ${error.constraint}`,
  ].filter(Boolean);
  return known.length === 0 ? "" : ` [${known.join(", ")}]`;
}

function caret(error: DatabaseError, statement: string | undefined): readonly string[] {
  if (statement === undefined || error.position === undefined) return [];
  const before = [...statement].slice(0, Number(error.position) - 1).join("");
  const start = before.lastIndexOf("\n") + 1;
  const line = statement.slice(start).split("\n")[0] ?? "";
  return [`  ${line}`, `  ${" ".repeat([...before.slice(start)].length)}^`];
}

// The cause is printed with a bug's stack: keep what identifies it, leave the rows.
function withoutValues(error: DatabaseError): Error {
  const cause = Object.assign(new Error(`PostgreSQL ${error.code}: ${error.routine ?? "error"}`), { code: error.code });
  const against = refusal(error);
  if (against !== undefined) refusals.set(cause, against);
  return cause;
}
