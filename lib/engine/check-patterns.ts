import type { CompiledTable } from "../mapping/compiled.js";
import type { Problem } from "../mapping/problems.js";
import { literal, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { EngineConnection } from "./duckdb.js";

/** The regular expressions given to rules that the engine cannot read, with file and line. */
export async function checkPatterns(
  connection: EngineConnection,
  patterns: CompiledTable["patterns"],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { pattern, rule, file, line } of patterns) {
    const trial = sql`SELECT regexp_matches('', ${literal(pattern)})`;
    const fault = await connection.rows(trial).then(() => undefined, wordOf);
    if (fault !== undefined)
      problems.push({ file, line, text: `${rule}: pattern ${JSON.stringify(pattern)}: ${fault}`, hint });
  }
  return problems;
}

const hint = "correct the regular expression: its syntax is RE2's";

/** The engine's own word: it has seen no row, so this can hold no value of the data. */
function wordOf(error: unknown): string {
  const { cause } = error instanceof StageError ? error : { cause: error };
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.split("\n")[0] ?? "").replace(/^[\w ]+ Error: /, "");
}
