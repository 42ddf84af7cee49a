import { StageError } from "../model/errors.js";

/** The adapter for a URL's scheme. Throws "usage", naming the schemes there are. */
export function adapterFor<Adapter>(role: string, url: string, adapters: Readonly<Record<string, Adapter>>): Adapter {
  const scheme = url.match(/^([a-z][a-z0-9+.-]*):/i)?.[1]?.toLowerCase() ?? "";
  const adapter = Object.hasOwn(adapters, scheme) ? adapters[scheme] : undefined;
  if (adapter !== undefined) return adapter;
  const known = Object.keys(adapters).map((name) => `${name}://…`);
  throw new StageError(
    "usage",
    scheme === "" ? `the ${role}'s URL has no scheme` : `there is no adapter for a ${role} of the scheme ${scheme}:`,
    `use one of: ${known.join(", ")}`,
  );
}
