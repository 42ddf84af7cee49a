import type { ConnectionOptions } from "mysql2";
import { StageError } from "../../model/errors.js";

/** Where a server is and who asks: what the driver needs, and `host:port/database` for messages. */
export interface Address {
  readonly location: string;
  readonly options: ConnectionOptions;
}

const cure = "write mysql://user@host:port/database, special characters percent-encoded";

/**
 * The parts of a URL `mysql://` or `mariadb://`. Of its options `socket` names a Unix socket, `ssl-mode` is `disabled`,
 * `required` (encrypted) or `verify_identity` (and the server's certificate proved). Throws "usage", never quoting the URL.
 */
export function parseAddress(url: string): Address {
  const parsed = parsedUrl(url);
  const { hostname, port, searchParams } = parsed;
  const [user, password, database] = [parsed.username, parsed.password, parsed.pathname.slice(1)].map(decoded);
  if (database === "" || database === undefined)
    throw new StageError("usage", "the connection URL names no database", cure);
  const socket = searchParams.get("socket");
  const host = hostname.replace(/^\[|\]$/g, "") || "localhost";
  const place = socket === null ? { host, port: Number(port || 3306) } : { socketPath: socket };
  const tls = tlsOf(searchParams.get("ssl-mode"));
  return {
    location: socket === null ? `${host}:${port || 3306}/${database}` : `${socket}/${database}`,
    options: { ...place, database, ...(user && { user }), ...(password && { password }), ...(tls && { ssl: tls }) },
  };
}

function parsedUrl(url: string): URL {
  try {
    const parsed = new URL(url);
    for (const name of parsed.searchParams.keys()) if (!["socket", "ssl-mode"].includes(name)) throw new Error(name);
    return parsed;
  } catch {
    // The parser's message quotes the URL, and with it a password.
    throw new StageError(
      "usage",
      "the connection URL cannot be read, or has options other than socket, ssl-mode",
      cure,
    );
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StageError("usage", "the connection URL holds a % that begins no character", cure);
  }
}

function tlsOf(mode: string | null): ConnectionOptions["ssl"] {
  switch (mode?.toLowerCase() ?? "disabled") {
    case "disabled":
      return undefined;
    case "required":
      return { rejectUnauthorized: false };
    case "verify_identity":
      return { rejectUnauthorized: true, verifyIdentity: true };
    default:
      throw new StageError("usage", `ssl-mode is ${mode}`, "use one of disabled, required, verify_identity");
  }
}
