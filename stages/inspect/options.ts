import { StageError } from "../../lib/model/errors.js";
import type { FileRole } from "../../lib/model/manifest.js";
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

/** Only rows in which `column` holds `value`; null is NULL. */
export interface Condition {
  readonly column: string;
  readonly value: string | null;
}

export interface InspectOptions extends Voice {
  /** A file, or the name of a table or extract. */
  readonly subject: string;
  readonly migration: string | undefined;
  readonly work: string | undefined;
  /** undefined: transform for the name of a table, else extract. */
  readonly stage: "extract" | "transform" | undefined;
  readonly role: FileRole;
  /** Of the rows that load put aside, not of those that transform rejected. */
  readonly ofLoad: boolean;
  readonly part: number | undefined;
  /** Infinity: all rows. */
  readonly limit: number;
  readonly format: RowFormat;
  readonly where: Condition | undefined;
}

const roles = ["ledger", "rejects", "changes", "quarantined", "differences"] as const;

/** The program as `--help` shows it. */
export const inspectDescription: ProgramDescription = {
  name: "inspect",
  summary:
    "Rows of an intermediate file on stdout: of a file, or of all parts of a table or extract. Proves the file by its " +
    "manifest's checksum first. NULL is \\N in tables and CSV, null in JSON (one object a line).",
  arguments: "<file|table|extract>",
  options: [
    ...placeOptions,
    { name: "stage", value: "STAGE", describe: "extract or transform (default: transform for the name of a table)" },
    { name: "part", value: "N", describe: "this part only, counted from 0" },
    { name: "ledger", describe: "where each source row went" },
    { name: "rejects", describe: "the rejected source rows, with rule and reason" },
    { name: "changes", describe: "which rule changed which value" },
    { name: "quarantined", describe: "the rows that the target refused, with its message" },
    { name: "differences", describe: "what validate found to differ" },
    { name: "where", value: "COLUMN=VALUE", describe: "only rows with this value in this column (\\N: NULL)" },
    { name: "limit", value: "N", describe: "at most N rows (default: 20; 0: all)" },
    { name: "format", value: "FORMAT", describe: "table, csv or json (default: table)" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseInspectOptions(
  argv: readonly string[],
): Promise<InspectOptions | { readonly print: string }> {
  const raw = await parseArguments(inspectDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const asked = roles.filter((role) => raw[role] === true);
  if (asked.length > 1)
    throw new StageError("usage", `--${asked[0]} and --${asked[1]} exclude each other`, "give one of them");
  const part = text(raw.part);
  return {
    ...voiceOf(raw),
    subject: subjectOf(raw),
    migration: text(raw.migration),
    work: text(raw.work),
    stage: oneOf("stage", ["extract", "transform"], text(raw.stage)),
    role: asked[0] === "quarantined" ? "rejects" : (asked[0] ?? "part"),
    ofLoad: asked[0] === "quarantined",
    part: part === undefined ? undefined : wholeNumber("part", part),
    limit: wholeNumber("limit", text(raw.limit) ?? "20") || Number.POSITIVE_INFINITY,
    format: oneOf("format", rowFormats, text(raw.format)) ?? "table",
    where: conditionOf(text(raw.where)),
  };
}

function subjectOf({ names }: RawOptions): string {
  const [subject, ...others] = names;
  if (subject !== undefined && others.length === 0) return subject;
  const found = subject === undefined ? "nothing was named" : `${names.length} things were named, not one`;
  throw new StageError("usage", found, "say what to look at: waybill inspect <file|table|extract>");
}

function conditionOf(words: string | undefined): Condition | undefined {
  if (words === undefined) return undefined;
  const at = words.indexOf("=");
  if (at < 1) throw new StageError("usage", `--where takes COLUMN=VALUE, not "${words}"`, "for example: --where id=42");
  const value = words.slice(at + 1);
  return { column: words.slice(0, at), value: value === "\\N" ? null : value };
}
