import type { Retry } from "./retry.js";
import type { Target } from "./target-port.js";
import { adapterFor } from "./url-scheme.js";

type Open = (url: string, options: OpenOptions) => Promise<Target>;

export interface OpenOptions {
  /** What the server's list of sessions shows: `waybill/<stage>`. */
  readonly application: string;
  /** Nothing can be written: for a dry run. */
  readonly readOnly?: boolean;
  /** How long a statement may wait for a lock; a minute unless told otherwise. */
  readonly lockTimeoutMs?: number;
  /** How long a statement may take; for ever unless told otherwise. */
  readonly statementTimeoutMs?: number;
  /** How long to try again what may pass (deadlocks, lost connections, restarts); a minute unless told otherwise. */
  readonly retryMs?: number;
  /** After how much silence it is asked whether a session is still there, and how long a new one may take. */
  readonly silenceMs?: number;
  /** Told, as a sentence, of each failure that will be tried again. */
  readonly onRetry?: (sentence: string, retry: Retry) => void;
}

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) =>
  (await import("./postgres/load/target.js")).openPostgresTarget(url, options);

const mysql: Open = async (url, options) => (await import("./mysql/load/target.js")).openMysqlTarget(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres, mysql, mariadb: mysql };

/** Connects to a target by its URL's scheme. Throws "usage" for a scheme without adapter, "unreachable" else. */
export async function openTarget(url: string, options: OpenOptions): Promise<Target> {
  return await adapterFor("target", url, adapters)(url, options);
}
