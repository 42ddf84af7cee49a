import { StageError } from "../../lib/model/errors.js";
import { oneOf, wholeNumber } from "../../lib/program/option-values.js";
import {
  type ProgramDescription,
  parseArguments,
  placeOptions,
  type RawOptions,
  type StageOptions,
  stageOptionsOf,
  text,
} from "../../lib/program/options.js";
import { type RowFormat, rowFormats } from "../../lib/program/row-lines.js";

export interface RejectsOptions extends StageOptions {
  readonly table: string;
  readonly action: Action;
}

/** What is wanted of the rejects. */
export type Action =
  | { readonly kind: "group" }
  /** `limit`: Infinity for all rows. */
  | { readonly kind: "list"; readonly limit: number; readonly format: RowFormat }
  /** `replaces`: a file that is there already may go. */
  | { readonly kind: "export"; readonly file: string; readonly replaces: boolean }
  | { readonly kind: "replay"; readonly file: string }
  | { readonly kind: "discard"; readonly name: string };

/** The program as `--help` shows it. */
export const rejectsDescription: ProgramDescription = {
  name: "rejects",
  summary:
    "What transform rejected of a table: how many rows by which rule and why; or the rows themselves, " +
    "on stdout or as a CSV file. `replay <table> FILE.csv` maps that file, once it is corrected, as a small run of its own; " +
    "load and validate then take its rows along. `discard <table> NNN` takes the latest replay back.",
  arguments: "[replay|discard] <table> [FILE.csv|NNN]",
  options: [
    ...placeOptions,
    { name: "list", describe: "the rejected rows, with rule and reason" },
    { name: "limit", value: "N", describe: "with --list: at most N rows (default: 20; 0: all)" },
    { name: "format", value: "FORMAT", describe: "with --list: table, csv or json (default: table)" },
    { name: "export", value: "FILE.csv", describe: "write them as plain CSV, which only you can read" },
    { name: "force", describe: "with --export: replace a file that is there" },
    { name: "dry-run", describe: "with replay: check the file and do nothing" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseRejectsOptions(
  argv: readonly string[],
): Promise<RejectsOptions | { readonly print: string }> {
  const raw = await parseArguments(rejectsDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const { names, ...options } = stageOptionsOf(raw);
  const [first = "", second, third] = names;
  if (
    names.length === 3 &&
    (first === "replay" || first === "discard") &&
    second !== undefined &&
    third !== undefined
  ) {
    assertBelongs(raw, ["list", "export", "limit", "format", "force"], "list", first);
    const action: Action = first === "replay" ? { kind: "replay", file: third } : { kind: "discard", name: third };
    return { ...options, names: [second], table: second, action };
  }
  if (names.length !== 1) {
    const hint = "waybill rejects <table>, or rejects replay <table> FILE.csv, or rejects discard <table> NNN";
    throw new StageError("usage", `${names.length} names were given: ${names.join(" ") || "none"}`, hint);
  }
  return { ...options, names, table: first, action: actionOf(raw) };
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
function assertBelongs(raw: RawOptions, names: readonly string[], to: string, action?: string): void {
  const [alone] = names.filter((name) => raw[name] !== undefined && raw[name] !== false);
  if (alone === undefined || (action === undefined && raw[to] !== undefined)) return;
  const goes = action === undefined ? `goes with --${to}` : `does not go with ${action}`;
  throw new StageError("usage", `--${alone} ${goes}`, `leave --${alone} out`);
}
