import { sourceVariable } from "../mapping/source-names.js";
import { StageError } from "../model/errors.js";

/** `--source URL`, or `--source NAME=URL` of one among several. */
export interface SourceOption {
  readonly name: string | undefined;
  readonly url: string;
}

/** What was typed after one `--source`. Throws "usage" where it holds a password. */
export function parseSourceOption(value: string): SourceOption {
  // A URL has its colon before any `=`: whatever else stands before one is a name, also a wrong one.
  const [, name, url = value] = /^([^:/?=]+)=(.*)$/s.exec(value) ?? [];
  return { name, url: withoutPassword(url, ["--source", sourceVariable(name)]) };
}

/** The URL as it was given. Throws "usage" where it holds a password, naming the option and the variable to use. */
export function withoutPassword<Url extends string | undefined>(
  url: Url,
  [option, variable]: readonly [string, string],
): Url {
  if (url === undefined || !/^[a-z0-9+]+:\/\/[^/@]*:[^/@]*@|[?&]password=/i.test(url)) return url;
  throw new StageError(
    "usage",
    `${option} holds a password, which everybody on this machine can read with ps`,
    `put the URL into ${variable}, or the password into PGPASSWORD or ~/.pgpass (MySQL: MYSQL_PWD or ~/.my.cnf)`,
  );
}
