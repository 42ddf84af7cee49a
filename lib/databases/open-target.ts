import { StageError } from "../model/errors.js";
import type { Target } from "./port.js";

type Open = (url: string, options: OpenOptions) => Promise<Target>;

/** `application` is what the server's list of sessions shows: `waybill/<stage>`. */
export interface OpenOptions {
  readonly application: string;
}

// Loaded when the scheme asks for them: a driver costs more time than a program's --help.
const postgres: Open = async (url, options) => (await import("./postgres/target.js")).openPostgresTarget(url, options);

const adapters: Readonly<Record<string, Open>> = { postgres, postgresql: postgres };

/** Connects to a target by its URL's scheme. Throws "usage" for a scheme without adapter, "unreachable" else. */
export async function openTarget(url: string, options: OpenOptions): Promise<Target> {
  const scheme = url.match(/^([a-z][a-z0-9+.-]*):/i)?.[1]?.toLowerCase() ?? "";
  const open = Object.hasOwn(adapters, scheme) ? adapters[scheme] : undefined;
  if (open !== undefined) return await open(url, options);
  throw new StageError(
    "usage",
    scheme === "" ? "the target's URL has no scheme" : `there is no adapter for targets of the scheme ${scheme}:`,
    `use one of: ${Object.keys(adapters)
      .map((known) => `${known}://…`)
      .join(", ")}`,
  );
}
