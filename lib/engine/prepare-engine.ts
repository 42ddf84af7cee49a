import type { CompiledTable, FunctionInputs } from "../mapping/compiled.js";
import type { SpecificationFile } from "../mapping/migration.js";
import { assertNoProblems } from "../mapping/problems.js";
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
 * Makes ready what a table's SQL names beside the rows: its lookup files and its functions. 66 for a key that is not set,
 * 78 for a regular expression that is none.
 */
export async function prepareEngine(
  connection: EngineConnection,
  { lookups, functions, patterns }: Pick<CompiledTable, "lookups" | "functions" | "patterns">,
  { migration: { files }, context: { environment } }: Surroundings,
): Promise<void> {
  await loadLookups(connection, lookups, files);
  const inputs: FunctionInputs = {
    secret: (name) => secretOf(environment, name),
    file: (path) => {
      const file = files.find((one) => one.path === path);
      if (file === undefined) throw new Error(`the specification holds no ${path}`);
      return file;
    },
  };
  for (const fn of functions) await connection.register(fn, inputs);
  assertNoProblems(await checkPatterns(connection, patterns));
}

/** A key out of the environment; 66 when it is not set. */
export function secretOf(environment: Environment, name: string): string {
  const secret = environment[name];
  if (secret !== undefined && secret !== "") return secret;
  throw new StageError(
    "missing",
    `the mapping masks values with the key in ${name}, which is not set`,
    `export ${name} with the same key in every run: what it makes of a value depends on it`,
  );
}
