import { createHmac } from "node:crypto";
import type { CompiledTable, FunctionInputs } from "../mapping/compiled.js";
import type { SpecificationFile, Table } from "../mapping/migration.js";
import { assertNoProblems } from "../mapping/problems.js";
import { secretsOf } from "../mapping/secrets.js";
import { StageError } from "../model/errors.js";
import { checkPatterns } from "./check-patterns.js";
import type { EngineConnection } from "./duckdb.js";
import { loadLookups } from "./load-lookups.js";

/** What a mapping may ask for beside its rows. */
export interface Surroundings {
  readonly migration: { readonly files: readonly SpecificationFile[] };
  /** Where the keys of `mask` come from. */
  readonly context: { readonly environment: Environment };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes ready what the SQL of tables names beside the rows: lookup files and functions. 66 for a key that is not set,
 * 78 for a regular expression that is none.
 */
export async function prepareEngine(
  connection: EngineConnection,
  tables: readonly CompiledTable[],
  { migration: { files }, context: { environment } }: Surroundings,
): Promise<void> {
  await loadLookups(
    connection,
    tables.flatMap(({ lookups }) => lookups),
    files,
  );
  const inputs: FunctionInputs = {
    secret: (name) => secretOf(environment, name),
    file: (path) => {
      const file = files.find((one) => one.path === path);
      if (file === undefined) throw new Error(`the specification holds no ${path}`);
      return file;
    },
  };
  const functions = new Map(tables.flatMap((table) => table.functions).map((fn) => [fn.name, fn]));
  for (const fn of functions.values()) await connection.register(fn, inputs);
  const patterns = tables.flatMap((table) => table.patterns);
  assertNoProblems(await checkPatterns(connection, patterns));
}

/** The least a key may have: 16 characters, which nobody tries out. */
const leastKeyLength = 16;

/** A key out of the environment; 66 when it is not set, or too short to be one. */
export function secretOf(environment: Environment, name: string): string {
  const secret = environment[name] ?? "";
  if (secret.length >= leastKeyLength) return secret;
  const fault = secret === "" ? "is not set" : `has ${secret.length} characters, fewer than ${leastKeyLength}`;
  throw new StageError(
    "missing",
    `the mapping masks values with the key in ${name}, which ${fault}`,
    `export ${name} with the same key in every run, for example of: openssl rand -hex 32`,
  );
}

/**
 * What tells a table's keys from others without telling them: of each, the first 64 bits of an HMAC under it. They stand
 * in the manifest, and another key makes a transform stale.
 */
export function keyMarks(environment: Environment, table: Table): Readonly<Record<string, string>> {
  const mark = (name: string): string =>
    createHmac("sha256", secretOf(environment, name)).update("waybill key mark").digest("hex").slice(0, 16);
  return Object.fromEntries(secretsOf(table).map((name) => [name, mark(name)]));
}
