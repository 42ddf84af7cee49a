import type { Migration } from "../mapping/migration.js";
import { sourceVariable } from "../mapping/source-names.js";
import { StageError } from "../model/errors.js";
import { nearest } from "../model/nearest.js";
import type { StageOptions } from "./options.js";
import type { SourceOption } from "./url-options.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** What says where a database is. */
interface Asked {
  readonly migration: Migration;
  readonly options: Pick<StageOptions, "sources" | "target">;
  readonly context: { readonly environment: Environment };
}

/**
 * Where the target is: `--target`, else WAYBILL_TARGET_URL, else migration.yaml with `${ENV}` expanded. Throws "usage"
 * when none says so. The result may hold a password: it is never shown or stored.
 */
export function targetUrl({ migration, options, context: { environment } }: Asked): string {
  const variable = "WAYBILL_TARGET_URL";
  const url = options.target ?? environment[variable] ?? expanded(migration.target, environment);
  return url === "" ? nowhere("target", { variable, option: "--target URL" }) : withPassword(url, environment);
}

/**
 * Where the source of that name is: `--source NAME=URL`, else WAYBILL_SOURCE_<NAME>_URL, else migration.yaml. The only
 * source is also meant by plain `--source URL` and WAYBILL_SOURCE_URL. Else as `targetUrl`.
 */
export function sourceUrl({ migration, options, context: { environment } }: Asked, name: string | undefined): string {
  const isOnly = migration.sources.length === 1;
  const variable = sourceVariable(name);
  const option = options.sources.findLast((one) => one.name === name || (isOnly && one.name === undefined));
  const common = isOnly ? environment[sourceVariable(undefined)] : undefined;
  const written = migration.sources.find((one) => one.name === name)?.url;
  const url = option?.url ?? environment[variable] ?? common ?? expanded(written, environment);
  if (url !== "") return withPassword(url, environment);
  return name === undefined
    ? nowhere("source", { variable, option: "--source URL" })
    : nowhere(`source ${name}`, { variable, option: `--source ${name}=URL` });
}

/** Refuses (64) a `--source` that names no source of the migration, or none where there are several. */
export function assertSourceOptions(migration: Migration, options: readonly SourceOption[]): void {
  const names = migration.sources.flatMap(({ name }) => name ?? []);
  for (const { name } of options) {
    if (name === undefined ? migration.sources.length === 1 : names.includes(name)) continue;
    if (name === undefined)
      throw new StageError(
        "usage",
        `${migration.id} has ${names.length} sources, and --source does not say which one it means`,
        `name it: ${names.map((one) => `--source ${one}=URL`).join(" ")}`,
      );
    const similar = nearest(name, names);
    throw new StageError(
      "usage",
      `${migration.id} has no source ${name}${similar === undefined ? "" : `; did you mean ${similar}?`}`,
      names.length === 0 ? "its only source has no name: --source URL" : `its sources are ${names.join(", ")}`,
    );
  }
}

function expanded(text: string | undefined, environment: Environment): string {
  return (text ?? "").replace(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? "");
}

/** The URL with the password of MYSQL_PWD where it is MySQL's and holds none. PostgreSQL's driver finds PGPASSWORD by itself. */
function withPassword(url: string, { MYSQL_PWD: password }: Environment): string {
  if (password === undefined || !/^(mysql|mariadb):/i.test(url) || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  return parsed.password === "" ? Object.assign(parsed, { password: encodeURIComponent(password) }).href : url;
}

function nowhere(what: string, { variable, option }: { readonly variable: string; readonly option: string }): never {
  throw new StageError(
    "usage",
    `nothing says where the ${what} is`,
    `set ${variable}=postgresql://user@host/database, or give ${option}`,
  );
}
