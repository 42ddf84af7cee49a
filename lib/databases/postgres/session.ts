import { Client } from "pg";
import { StageError } from "../../model/errors.js";
import { errorCode } from "./server-errors.js";

/** Who connects, and with which rights: what the server's list of sessions and its log show. */
export interface ConnectOptions {
  /** `waybill/<stage>`. */
  readonly application: string;
  /** Every transaction is READ ONLY: what a source gets. */
  readonly readOnly?: boolean;
  /** How long a statement may wait for a lock, and how long it may take; nothing is no limit. */
  readonly lockTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  /** How long the server may take to let us in. */
  readonly connectMs?: number;
}

// row_security off raises an error where policies would hide or change rows. The search path stays the role's own.
const settings: Readonly<Record<string, string>> = {
  TimeZone: "UTC",
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  extra_float_digits: "3",
  bytea_output: "hex",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  lc_monetary: "C",
  row_security: "off",
  transaction_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  // The server, too, shall notice within two minutes that we are gone for good: until then our locks stand.
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "6",
  tcp_user_timeout: "120000",
};

// Not by the startup packet: connection poolers refuse parameters they do not know. The join leaves out settings
// that this version of the server does not have.
const pin =
  "SELECT set_config(s.name, wanted.value, false) AS value, pg_backend_pid() AS pid, " +
  "(SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS started_at FROM json_each_text($1::json) AS wanted(name, value) JOIN pg_settings s ON s.name = wanted.name";

/** A client whose session is pinned, where it is (`host:port/database`), and the server's process that serves it. */
export interface Session {
  readonly client: Client;
  readonly location: string;
  readonly processId: number;
  /** Since when the process serves it, as the server writes it: numbers of processes are used again. */
  readonly startedAt: string;
}

/** Opens a pinned session. Throws "unreachable" naming host, port and database, never the password. */
export async function openSession(url: string, options: ConnectOptions): Promise<Session> {
  const { connectMs = 30_000 } = options;
  const client = createClient(url, { ...options, connectMs });
  const location = `${client.host}:${client.port}/${client.database ?? ""}`;
  // Without a listener a connection that is lost while idle would end the process; the next query reports it.
  client.on("error", () => undefined);
  // The driver's own limit ends with the greeting: whoever falls silent after it would be waited for.
  const cut = setTimeout(() => client.connection.stream.destroy(new Error("timeout expired")), connectMs);
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: string; started_at: string }>(pin, [
      JSON.stringify(settingsOf(options)),
    ]);
    return { client, location, processId: Number(rows[0]?.pid), startedAt: rows[0]?.started_at ?? "" };
  } catch (error) {
    await endSession(client);
    throw unreachable(error, location);
  } finally {
    clearTimeout(cut);
  }
}

/** Ends a session, at once if something is still running, and in two seconds if nobody answers. Never throws. */
export async function endSession(client: Client): Promise<void> {
  const cut = setTimeout(() => client.connection.stream.destroy(), 2000);
  await client.end().catch(() => undefined);
  clearTimeout(cut);
}

function settingsOf({ readOnly, lockTimeoutMs = 0, statementTimeoutMs = 0 }: ConnectOptions) {
  return {
    ...settings,
    lock_timeout: String(lockTimeoutMs),
    statement_timeout: String(statementTimeoutMs),
    ...(readOnly && { default_transaction_read_only: "on" }),
  };
}

function createClient(url: string, { application, connectMs }: ConnectOptions): Client {
  try {
    return new Client({
      connectionString: url,
      application_name: application,
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
      connectionTimeoutMillis: connectMs,
      types: { getTypeParser: () => (value: unknown) => value },
    });
  } catch (error) {
    // The driver's message may quote the URL, and with it a password.
    throw new StageError(
      "usage",
      `the connection URL cannot be read (${errorCode(error) || "malformed"})`,
      "write postgresql://user@host:port/database, special characters percent-encoded",
    );
  }
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED/, "start the server, or correct host and port in the URL"],
  [/^(ENOTFOUND|EAI_AGAIN)/, "correct the host name in the URL"],
  [/^28|asks for a password/, "set the password in PGPASSWORD or .pgpass, and look at the server's pg_hba.conf"],
  [/^3D000/, "create the database, or correct its name in the URL"],
];

// A server that starts up, shuts down or is full will be there in a while.
const busy = /^(53|57P0)/;

function unreachable(error: unknown, location: string): StageError {
  const code = errorCode(error);
  // The driver's own words for "the server asks for a password, and there is none" speak of SASL and strings.
  const said = error instanceof Error && error.message !== "" ? error.message : code;
  const reason = said.includes("client password must be a string") ? "the server asks for a password" : said;
  const hint =
    hints.find(([pattern]) => pattern.test(code === "" ? reason : code))?.[1] ??
    "check the URL, the network and the server's log";
  if (busy.test(code))
    return new StageError("temporary", `${location} takes no connections now: ${reason}`, "try again later", error);
  return new StageError("unreachable", `cannot connect to ${location}: ${reason}`, hint, error);
}
