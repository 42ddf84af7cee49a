import { StageError } from "../../lib/model/errors.js";
import { oneOf, wholeNumber } from "../../lib/program/option-values.js";
import {
  type ProgramDescription,
  parseArguments,
  placeOptions,
  type RawOptions,
  text,
  voiceOf,
} from "../../lib/program/options.js";
import { type RowFormat, rowFormats } from "../../lib/program/row-lines.js";
import type { Voice } from "../../lib/program/run-program.js";

export interface RejectsOptions extends Voice {
  readonly table: string;
  readonly migration: string | undefined;
  readonly work: string | undefined;
  readonly action: Action;
}

/** What is wanted of the rejects. */
export type Action =
  | { readonly kind: "group" }
  /** `limit`: Infinity for all rows. */
  | { readonly kind: "list"; readonly limit: number; readonly format: RowFormat }
  /** `replaces`: a file that is there already may go. */
  | { readonly kind: "export"; readonly file: string; readonly replaces: boolean };

/** The program as `--help` shows it. */
export const rejectsDescription: ProgramDescription = {
  name: "rejects",
  summary:
    "What transform rejected of a table: how many rows by which rule and why; or the rows themselves,\n" +
    "on stdout or as a CSV file.",
  arguments: "<table>",
  options: [
    ...placeOptions,
    { name: "list", describe: "the rejected rows, with rule and reason" },
    { name: "limit", value: "N", describe: "with --list: at most N rows (default: 20; 0: all)" },
    { name: "format", value: "FORMAT", describe: "with --list: table, csv or json (default: table)" },
    { name: "export", value: "FILE.csv", describe: "write them as plain CSV, which only you can read" },
    { name: "force", describe: "with --export: replace a file that is there" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseRejectsOptions(
  argv: readonly string[],
): Promise<RejectsOptions | { readonly print: string }> {
  const raw = await parseArguments(rejectsDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const [table, ...others] = raw.names;
  if (table === undefined || others.length > 0)
    throw new StageError("usage", `${raw.names.length} tables were named, not one`, "waybill rejects <table>");
  return { ...voiceOf(raw), table, migration: text(raw.migration), work: text(raw.work), action: actionOf(raw) };
}

function actionOf(raw: RawOptions): Action {
  const file = text(raw.export);
  if (file !== undefined && raw.list === true)
    throw new StageError("usage", "--export and --list exclude each other", "give one of them");
  assertBelongs(raw, ["limit", "format"], "list");
  assertBelongs(raw, ["force"], "export");
  if (file !== undefined) return { kind: "export", file, replaces: raw.force === true };
  if (raw.list !== true) return { kind: "group" };
  return {
    kind: "list",
    limit: wholeNumber("limit", text(raw.limit) ?? "20") || Number.POSITIVE_INFINITY,
    format: oneOf("format", rowFormats, text(raw.format)) ?? "table",
  };
}

// An option that would change nothing is a misunderstanding, which is better cleared up than passed over.
function assertBelongs(raw: RawOptions, names: readonly string[], to: string): void {
  const [alone] = names.filter((name) => raw[name] !== undefined && raw[name] !== false);
  if (alone === undefined || raw[to] !== undefined) return;
  throw new StageError("usage", `--${alone} goes with --${to}`, `give both, or leave --${alone} out`);
}
