import { StageError } from "../model/errors.js";

/** What DuckDB says before it has looked at a row: its words are about names and syntax, never about values. */
const beforeAnyRow = /^(?:Binder|Parser|Catalog|Syntax) Error/;

const cure =
  "look at the table's sql:, filter: and reject: expressions; every column is text there, so write TRY_CAST(x AS INTEGER) for a number";

/**
 * The engine's word about a statement as ours. About a row it quotes values, with quotation marks and without: personal
 * data stays out of what we print, so of such an error only the kind is told.
 */
export function engineError(error: unknown): StageError {
  const text = error instanceof Error ? error.message : String(error);
  if (/Out of Memory|could not allocate/i.test(text)) {
    const message = "the transform engine ran out of memory and of room to spill";
    return new StageError("disk", message, "free disk space in the work directory, or lower --jobs", error);
  }
  if (/No space left|Disk quota/i.test(text)) {
    const message = "no space left in the work directory for the transform engine";
    return new StageError("disk", message, "free some space and run the same command again", error);
  }
  const kind = /^[\w ]+ Error/.exec(text)?.[0] ?? "Error";
  const told = beforeAnyRow.test(text) ? `: ${text.split("\n")[0] ?? ""}` : ` on a row: ${kind}`;
  return new StageError("specification", `the mapping's SQL failed${told}`, cure, error);
}
