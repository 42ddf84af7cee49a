import type { SpecificationFile } from "../../../lib/mapping/migration.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { StageError } from "../../../lib/model/errors.js";

/** Files of a migration's folder, by path. A migration.yaml with the one extract `people` is put in unless given. */
export function filesOf(contents: Readonly<Record<string, string | Buffer>>): readonly SpecificationFile[] {
  const all = { "migration.yaml": "migration: M-1\nextracts:\n  people:\n", ...contents };
  return Object.entries(all).map(([path, content]) => ({ path, content: Buffer.from(content) }));
}

/** What parseMigration complains about, line by line, and the cures. Fails when it does not complain. */
export function complaints(contents: Readonly<Record<string, string | Buffer>>): {
  lines: readonly string[];
  hint: string;
} {
  try {
    parseMigration(filesOf(contents));
  } catch (error) {
    if (error instanceof StageError && error.kind === "specification") {
      return { lines: error.message.split("\n"), hint: error.hint ?? "" };
    }
    throw error;
  }
  throw new Error("the specification was accepted");
}

/** A file for the table `people` whose columns are these lines. */
export function peopleWith(...columns: readonly string[]): string {
  return ["table: people", "columns:", ...columns.map((column) => `  ${column}`), ""].join("\n");
}
