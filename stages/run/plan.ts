import { chooseTables } from "../../lib/mapping/choose-tables.js";
import type { Migration } from "../../lib/mapping/migration.js";
import { withParents } from "../../lib/mapping/unit.js";
import type { Stage } from "../../lib/model/manifest.js";
import type { RunOptions } from "./options.js";

/** One stage to be run, and the names and options it gets. */
export interface StageCall {
  readonly stage: Stage;
  readonly args: readonly string[];
}

const stages: readonly Stage[] = ["extract", "transform", "load", "validate"];

/**
 * The four stages in order, with their arguments. Tables that are named bring along those they refer to, and extract
 * gets the extracts all of these are made from; a unit (`--key`, `--sample`) finds its parents by itself.
 */
export function planRun(
  migration: Migration,
  options: Pick<RunOptions, "names" | "key" | "sample" | "shared" | "validate">,
): readonly StageCall[] {
  const { names, key, sample, shared, validate } = options;
  const chosen = chooseTables(migration, names);
  const isUnit = key !== undefined || sample !== undefined;
  const tables = names.length === 0 || isUnit ? names : namesOf(withParents(migration, chosen));
  const extracts = names.length === 0 || isUnit ? names : extractsOf(migration, tables);
  return stages.map((stage) => {
    const args = stage === "validate" ? [...shared, ...validate] : shared;
    return { stage, args: withNames(args, stage === "extract" ? extracts : tables) };
  });
}

function extractsOf(migration: Migration, tables: readonly string[]): readonly string[] {
  const made = migration.tables.filter(({ name }) => tables.includes(name)).flatMap((table) => table.extracts);
  return namesOf(migration.extracts.filter(({ name }) => made.includes(name)));
}

function namesOf(named: readonly { readonly name: string }[]): readonly string[] {
  return named.map(({ name }) => name);
}

// After `--` a name may begin with a dash.
function withNames(shared: readonly string[], names: readonly string[]): readonly string[] {
  return names.length === 0 ? shared : [...shared, "--", ...names];
}
