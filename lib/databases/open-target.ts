import type { Target } from "./target-port.js";
import { adapterFor } from "./url-scheme.js";

type Open = (url: string, options: OpenOptions) => Promise<Target>;

export interface OpenOptions {
  /** What the server's list of sessions shows: `waybill/<stage>`. */
  readonly application: string;
  /** Nothing can be written: for a dry run. */
  readonly readOnly?: boolean;
}

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) =>
  (await import("./postgres/load/target.js")).openPostgresTarget(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres };

/** Connects to a target by its URL's scheme. Throws "usage" for a scheme without adapter, "unreachable" else. */
export async function openTarget(url: string, options: OpenOptions): Promise<Target> {
  return await adapterFor("target", url, adapters)(url, options);
}
