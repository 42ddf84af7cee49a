import type { OpenOptions } from "./open-target.js";
import type { RollbackTarget } from "./rollback-port.js";
import { adapterFor } from "./url-scheme.js";

type Open = (url: string, options: OpenOptions) => Promise<RollbackTarget>;

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) =>
  (await import("./postgres/rollback/target.js")).openPostgresRollback(url, options);

const mysql: Open = async (url, options) =>
  (await import("./mysql/rollback/target.js")).openMysqlRollback(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres, mysql, mariadb: mysql };

/** Connects to a target whose loads are to be taken back, by its URL's scheme. Throws "usage" for one without adapter. */
export const openRollback: Open = async (url, options) => await adapterFor("target", url, adapters)(url, options);
