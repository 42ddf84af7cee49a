import { StageError } from "../../lib/model/errors.js";
import { type ProgramDescription, parseArguments, placeOptions, text, voiceOf } from "../../lib/program/options.js";
import type { Voice } from "../../lib/program/run-program.js";

export interface ExplainOptions extends Voice {
  readonly table: string;
  readonly migration: string | undefined;
  readonly work: string | undefined;
  readonly shows: "words" | "sql" | "both";
  /** The key of a row whose way is to be told instead. */
  readonly key: string | undefined;
  readonly showPii: boolean;
}

/** The program as `--help` shows it. */
export const explainDescription: ProgramDescription = {
  name: "explain",
  summary:
    "The mapping of a table on stdout: in words that can be read aloud, rule by rule, then as the SQL that runs on each " +
    "part of its extract, which has to be there for that. With --key what happens to a row, step by step, mapped anew from " +
    "the extract's files, custom steps included: values of columns marked pii, and of all they are made from, are hidden. " +
    "With --json one object.",
  arguments: "<table>",
  options: [
    ...placeOptions,
    { name: "sql", describe: "the SQL alone" },
    { name: "no-sql", describe: "the words alone" },
    { name: "key", value: "ID", describe: "instead: what happens to the row with this key (composite: 'a=1,b=2')" },
    { name: "show-pii", describe: "with --key: show personal data too" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseExplainOptions(
  argv: readonly string[],
): Promise<ExplainOptions | { readonly print: string }> {
  const raw = await parseArguments(explainDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const [table, ...others] = raw.names;
  if (table === undefined || others.length > 0)
    throw new StageError("usage", `${raw.names.length} tables were named, not one`, "waybill explain <table>");
  if (raw.sql === true && raw["no-sql"] === true)
    throw new StageError("usage", "--sql and --no-sql exclude each other", "give one of them");
  const shows = raw.sql === true ? "sql" : raw["no-sql"] === true ? "words" : "both";
  return {
    ...voiceOf(raw),
    table,
    migration: text(raw.migration),
    work: text(raw.work),
    shows,
    key: text(raw.key),
    showPii: raw["show-pii"] === true,
  };
}
