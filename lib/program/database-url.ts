import type { Migration } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the source or target is: the option, else WAYBILL_SOURCE_URL / WAYBILL_TARGET_URL, else migration.yaml with
 * `${ENV}` expanded. Throws "usage" when none says so. The result may hold a password: it is never shown or stored.
 */
export function databaseUrl(
  role: "source" | "target",
  from: { readonly option: string | undefined; readonly migration: Migration; readonly environment: Environment },
): string {
  const variable = `WAYBILL_${role.toUpperCase()}_URL`;
  const url = from.option ?? from.environment[variable] ?? expanded(from.migration[role] ?? "", from.environment);
  if (url !== "") return url;
  throw new StageError(
    "usage",
    `nothing says where the ${role} is`,
    `set ${variable}=postgresql://user@host/database, or give --${role} URL`,
  );
}

function expanded(text: string, environment: Environment): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? "");
}
