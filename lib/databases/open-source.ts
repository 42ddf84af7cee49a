import type { Source } from "./port.js";
import { adapterFor } from "./url-scheme.js";

export interface OpenSourceOptions {
  /** What the server's list of sessions shows: `waybill/<stage>`. */
  readonly application: string;
  /** How many connections may read at once, beside the one that holds the snapshot. */
  readonly jobs: number;
}

type Open = (url: string, options: OpenSourceOptions) => Promise<Source>;

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) => (await import("./postgres/source.js")).openPostgresSource(url, options);
const mysql: Open = async (url, options) => (await import("./mysql/source.js")).openMysqlSource(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres, mysql, mariadb: mysql };

/** Opens a source by its URL's scheme. Throws "usage" for a scheme without adapter, "unreachable" else. */
export async function openSource(url: string, options: OpenSourceOptions): Promise<Source> {
  return adapterFor("source", url, adapters)(url, options);
}
