import { type Connection as Client, createConnection } from "mysql2";
import { StageError } from "../../model/errors.js";
import { parseAddress } from "./address.js";
import { readOptionFile } from "./option-file.js";
import { errorNumber, translate } from "./server-errors.js";

/** A client whose session is pinned, and where it is (`host:port/database`). */
export interface Session {
  readonly client: Client;
  readonly location: string;
}

/**
 * What every session is pinned to, as far as this server knows the variable. `sql_mode`: backslashes escape, double
 * quotes hold texts, zero dates are read as they are. Results come in the bytes they are stored in: a conversion would put
 * question marks for what it does not know, and tell nobody. Sorting looks at the first 64 KB of a text, not at its first kilobyte;
 * the buffer holds as many long columns as a table may have. What the catalog says is of now, of all columns, and in quotes. A
 * statement is a transaction of its own unless one was begun, and none begins where another ends.
 */
export const settings = {
  character_set_results: "NULL",
  collation_connection: "utf8mb4_bin",
  time_zone: "'+00:00'",
  sql_mode: "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  autocommit: "1",
  completion_type: "'NO_CHAIN'",
  sql_quote_show_create: "1",
  sql_big_selects: "1",
  sql_select_limit: "18446744073709551615",
  sql_auto_is_null: "0",
  sql_safe_updates: "0",
  group_concat_max_len: "1073741824",
  max_sort_length: "65536",
  sort_buffer_size: "67108864",
  net_read_timeout: "86400",
  net_write_timeout: "86400",
  wait_timeout: "86400",
  idle_transaction_timeout: "0",
  idle_readonly_transaction_timeout: "0",
  max_statement_time: "0",
  max_execution_time: "0",
  div_precision_increment: "4",
  lc_time_names: "'en_US'",
  information_schema_stats_expiry: "0",
  show_gipk_in_create_table_and_information_schema: "1",
} as const satisfies Readonly<Record<string, string>>;

const connectTimeoutMs = 30_000;

export interface SessionOptions {
  /** What the server's list of sessions shows. */
  readonly application: string;
  /** "write": it may change what is there, and send rows by LOAD DATA LOCAL. It can only read unless told so. */
  readonly access?: "read" | "write";
  /** How long a statement may wait for a lock. */
  readonly lockTimeoutMs?: number;
  /** How long a statement may take; MySQL knows that of SELECT only. */
  readonly statementTimeoutMs?: number;
}

/** Opens a pinned session. Throws "unreachable" naming host, port and database, never the password. */
export async function openSession(url: string, session: SessionOptions): Promise<Session> {
  const { location, options } = parseAddress(url);
  const client = createConnection({
    ...(options.password === undefined ? await readOptionFile() : {}),
    ...options,
    charset: "utf8mb4",
    connectTimeout: connectTimeoutMs,
    connectAttributes: { program_name: session.application },
    enableKeepAlive: true,
    // No text of the server's shall choose a file of ours, and no statement shall hide a second one. Rows that are
    // changed count as such, not those that a statement looked at.
    flags: [...(session.access === "write" ? ["-FOUND_ROWS"] : ["-LOCAL_FILES"]), "-MULTI_STATEMENTS"],
  });
  // Without a listener a connection that is lost while idle would end the process; the next query reports it.
  client.on("error", () => undefined);
  try {
    await new Promise<void>((resolve, reject) => client.connect((error) => (error ? reject(error) : resolve())));
    await pin(client, session);
    return { client, location };
  } catch (error) {
    client.destroy();
    throw unreachable(error, location);
  }
}

async function pin(client: Client, session: SessionOptions): Promise<void> {
  const wanted = { ...settings, ...ownSettings(session) };
  const names = Object.keys(wanted).map((name) => `'${name}'`);
  const known = await queried(client, `SHOW VARIABLES WHERE Variable_name IN (${names.join(", ")})`);
  const isKnown = new Set(known.map(([name = ""]) => name));
  const assignments = Object.entries(wanted).flatMap(([name, value]) =>
    isKnown.has(name) ? [`SESSION ${name} = ${value}`] : [],
  );
  await queried(client, "SET NAMES utf8mb4");
  await queried(client, `SET ${assignments.join(", ")}`);
  await keepWarnings(client);
  await queried(client, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  await queried(client, `SET SESSION TRANSACTION READ ${session.access === "write" ? "WRITE" : "ONLY"}`);
}

// Of MySQL's servers many let no ordinary user set this. Whoever reads warnings counts whether all were kept.
async function keepWarnings(client: Client): Promise<void> {
  await queried(client, "SET SESSION max_error_count = 65535").catch((error: unknown) => {
    if (errorNumber(error) !== 1227) throw error;
  });
}

// A 0 in an AUTO_INCREMENT column is that number and no wish for the next one. Notes count as warnings: some of them say
// that digits were left out. A foreign key that stood aside comes back, also one that MySQL would take from nobody now.
function ownSettings({ access, lockTimeoutMs, statementTimeoutMs }: SessionOptions): Readonly<Record<string, string>> {
  const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));
  return {
    ...(access === "write" && {
      sql_mode: settings.sql_mode.replace("'STRICT", "'NO_AUTO_VALUE_ON_ZERO,STRICT"),
      sql_notes: "1",
      foreign_key_checks: "1",
      unique_checks: "1",
      check_constraint_checks: "1",
      restrict_fk_on_non_standard_key: "0",
    }),
    ...(lockTimeoutMs !== undefined && {
      lock_wait_timeout: seconds(lockTimeoutMs),
      innodb_lock_wait_timeout: seconds(lockTimeoutMs),
    }),
    ...(statementTimeoutMs !== undefined && {
      max_statement_time: String(statementTimeoutMs / 1000),
      max_execution_time: String(statementTimeoutMs),
    }),
  };
}

function queried(client: Client, sql: string): Promise<readonly (readonly (string | undefined)[])[]> {
  return new Promise((resolve, reject) => {
    const options = { sql, rowsAsArray: true };
    client.query(options, (error, rows) => (error ? reject(error) : resolve(Array.isArray(rows) ? textsOf(rows) : [])));
  });
}

function textsOf(rows: readonly unknown[]): readonly (readonly string[])[] {
  return rows.map((row) => (Array.isArray(row) ? row.map(String) : []));
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED|ENOENT/, "start the server, or correct host and port in the URL"],
  [/ENOTFOUND|EAI_AGAIN/, "correct the host name in the URL"],
  [/^(1045|1698)/, "set the password in MYSQL_PWD or ~/.my.cnf, and look at the user's grants"],
  [/^1044/, "GRANT SELECT on it to the user; a role must be one that is active from the start: SET DEFAULT ROLE"],
  [/^1049/, "create the database, or correct its name in the URL"],
  [/^1227/, "GRANT SESSION_VARIABLES_ADMIN ON *.* TO the user: what its session is pinned to is more than it may set"],
  [/^3159/, "the server wants TLS: put ?ssl-mode=required or ?ssl-mode=verify_identity at the end of the URL"],
  [
    /certificate|self-signed/i,
    "name the authority in NODE_EXTRA_CA_CERTS, or let ssl-mode=required do, which proves nothing",
  ],
  [/unknown plugin/, "give the user a password under caching_sha2_password or mysql_native_password"],
];

// A server that starts up, shuts down or is full will be there in a while.
const busy = new Set([1040, 1053, 1203, 1226]);

function unreachable(error: unknown, location: string): StageError {
  if (error instanceof StageError) return error;
  // The driver tells of its own documents.
  const said = (error instanceof Error ? error.message : String(error)).replace(/ See TODO.*$/, "");
  const number = errorNumber(error);
  if (busy.has(number))
    return new StageError("temporary", `${location} takes no connections now: ${said}`, "try again later", error);
  const hint = hints.find(([pattern]) => pattern.test(number > 0 ? String(number) : said))?.[1];
  const cause = translate(error, location);
  return new StageError(
    "unreachable",
    `cannot connect to ${location}: ${said}`,
    hint ?? "check the URL, the network and the server's log",
    cause,
  );
}
