import type { Checks } from "./checks-port.js";
import { adapterFor } from "./url-scheme.js";

/** `application` is what the server's list of sessions shows. */
type Open = (url: string, options: { readonly application: string }) => Promise<Checks>;

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) =>
  (await import("./postgres/target-checks.js")).openPostgresChecks(url, options);
const mysql: Open = async (url, options) =>
  (await import("./mysql/checks/target-checks.js")).openMysqlChecks(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres, mysql, mariadb: mysql };

/** Connects to a target that is to be checked, by its URL's scheme. Throws "usage" for a scheme without adapter. */
export const openChecks: Open = async (url, options) => await adapterFor("target", url, adapters)(url, options);
