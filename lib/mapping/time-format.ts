import { z } from "zod";
import { nearest } from "../model/nearest.js";
import { complain, oneOrMore, text, wholeNumber } from "./grammar.js";

/** What a format reads: a day, a time of day, or both. */
export type FormatKind = "date" | "time" | "timestamp";

/** One word of a format: the unit it stands for, the shape of its text as RE2, and what strptime calls it. */
export interface Token {
  readonly unit: "year" | "month" | "day" | "hour" | "minute" | "second" | "half";
  readonly shape: string;
  readonly directive: string;
  /** One digit or two. */
  readonly varies?: true;
}

/** Every token, in the order in which they are looked for: YYYY before YY. */
export const tokens: ReadonlyMap<string, Token> = new Map<string, Token>([
  // Any year but 0000, which PostgreSQL does not have and DuckDB writes as 0001 (BC).
  ["YYYY", { unit: "year", shape: "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)", directive: "%Y" }],
  ["YY", { unit: "year", shape: "[0-9]{2}", directive: "%Y" }],
  ["MON", { unit: "month", shape: "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", directive: "%b" }],
  ["MM", { unit: "month", shape: "[0-9]{2}", directive: "%m" }],
  ["M", { unit: "month", shape: "[0-9]{1,2}", directive: "%m", varies: true }],
  ["DD", { unit: "day", shape: "[0-9]{2}", directive: "%d" }],
  ["D", { unit: "day", shape: "[0-9]{1,2}", directive: "%d", varies: true }],
  ["HH", { unit: "hour", shape: "(?:[01][0-9]|2[0-3])", directive: "%H" }],
  ["H", { unit: "hour", shape: "(?:[01]?[0-9]|2[0-3])", directive: "%H", varies: true }],
  ["hh", { unit: "hour", shape: "(?:0[1-9]|1[0-2])", directive: "%I" }],
  ["h", { unit: "hour", shape: "(?:0?[1-9]|1[0-2])", directive: "%I", varies: true }],
  ["mm", { unit: "minute", shape: "[0-5][0-9]", directive: "%M" }],
  ["ss", { unit: "second", shape: "[0-5][0-9]", directive: "%S" }],
  ["A", { unit: "half", shape: "(?i:am|pm)", directive: "%p" }],
]);

const ofDays: readonly Token["unit"][] = ["year", "month", "day"];
const ofTimes: readonly Token["unit"][] = ["hour", "minute", "second", "half"];

/** Formats as a rule keeps them: tried in order; `century_from` says which hundred years two digits mean. */
export interface Formats {
  readonly formats: readonly string[];
  readonly century_from?: number | undefined;
}

/** A format cut into its tokens and the characters between them; a token that is none of its kind is single letters. */
export function partsOf(kind: FormatKind, format: string): readonly string[] {
  const words = [...tokens].flatMap(([word, { unit }]) => (unitsOf(kind).includes(unit) ? [word] : []));
  return format.match(new RegExp(`${words.join("|")}|[\\s\\S]`, "gu")) ?? [];
}

function unitsOf(kind: FormatKind): readonly Token["unit"][] {
  if (kind === "timestamp") return [...ofDays, ...ofTimes];
  return kind === "date" ? ofDays : ofTimes;
}

/** The short forms of a rule's formats, as branches of a union: one of them, or a list. */
export function shortFormats(kind: FormatKind) {
  const one = text.superRefine((format, context) => checkFormat(kind, { formats: [format] }, context));
  return [
    one.transform((format): Formats => ({ formats: [format] })),
    z
      .array(one)
      .min(1)
      .transform((formats): Formats => ({ formats })),
  ] as const;
}

/** The keys of the long form; `checkFormats` looks at what they say. */
export const longFormats = {
  formats: oneOrMore(text),
  century_from: wholeNumber(1).optional(),
};

/** Complains about formats that cannot be read, and about a century nobody asks for. */
export function checkFormats(kind: FormatKind, given: Formats, context: z.core.$RefinementCtx): void {
  for (const format of given.formats) checkFormat(kind, { ...given, formats: [format] }, context);
  const { formats, century_from: century } = given;
  if (century === undefined) return;
  if (century > 9900) complain(context, `century_from ${century} has years of five digits`, "give a year up to 9900");
  if (formats.some((format) => partsOf(kind, format).includes("YY"))) return;
  complain(context, "century_from without a format that has YY", "leave century_from out, or write YY");
}

function checkFormat(kind: FormatKind, { formats, century_from }: Formats, context: z.core.$RefinementCtx): void {
  for (const format of formats) {
    const fault = format === iso ? undefined : formatFault(kind, format, century_from !== undefined);
    if (fault !== undefined) complain(context, `${kind} format ${JSON.stringify(format)} ${fault.text}`, fault.hint);
  }
}

/** The named format: ISO 8601 as databases write it. */
export const iso = "iso";

interface Fault {
  readonly text: string;
  readonly hint: string;
}

const examples: Readonly<Record<FormatKind, string>> = {
  date: "write a format of YYYY, MM and DD (or D, M, MON), for example DD/MM/YYYY, or iso",
  time: "write a format of HH, mm and ss (or H, h, hh and A), for example HH:mm, or iso",
  timestamp: "write a format of YYYY, MM, DD, HH, mm and ss, for example DD/MM/YYYY HH:mm:ss, or iso",
};

function formatFault(kind: FormatKind, format: string, hasCentury: boolean): Fault | undefined {
  if (nearest(format, [iso]) !== undefined) return { text: "is no format", hint: `did you mean ${iso}?` };
  const parts = partsOf(kind, format);
  const found = parts.flatMap((part) => tokens.get(part)?.unit ?? []);
  const times = (unit: Token["unit"]): number => found.filter((other) => other === unit).length;
  const hint = examples[kind];
  if (kind !== "time" && !hasCentury && !parts.includes("YYYY") && /Y/.test(format)) {
    return { text: "has no four-digit year", hint: `${hint}; or { formats: [DD/MM/YY], century_from: 1950 }` };
  }
  const needed = { year: "YYYY", month: "MM", day: "DD", hour: "HH", minute: "mm" } as const;
  const wrong = Object.entries(needed).find(
    ([unit]) => unitsOf(kind).includes(unit as Token["unit"]) && times(unit as Token["unit"]) !== 1,
  );
  if (wrong !== undefined) return { text: `needs ${wrong[1]} exactly once`, hint };
  if (times("second") > 1) return { text: "needs ss at most once", hint };
  return letterFault(kind, parts, hint) ?? halfFault(parts, hint) ?? widthFault(parts, format);
}

// Letters but the T and Z of ISO 8601 are tokens of other languages (mmm, yyyy): as literals they would reject all.
function letterFault(kind: FormatKind, parts: readonly string[], hint: string): Fault | undefined {
  const isToken = (part: string): boolean => unitsOf(kind).some((unit) => tokens.get(part)?.unit === unit);
  const letters = parts.filter((part) => /^[A-SU-Ya-z]$/.test(part) && !isToken(part)).join("");
  return letters === "" ? undefined : { text: `holds ${JSON.stringify(letters)}`, hint };
}

function halfFault(parts: readonly string[], hint: string): Fault | undefined {
  const halves = parts.filter((part) => part === "A").length;
  const twelve = parts.some((part) => part === "h" || part === "hh");
  if (halves === (twelve ? 1 : 0)) return undefined;
  return twelve
    ? { text: "has hours from 1 to 12 without A", hint: "add A, which is AM or PM, or write HH" }
    : { text: "has A beside hours from 0 to 23", hint };
}

/** `DM`: nobody can tell whether 111 is the 1st of November or the 11th of January. */
function widthFault(parts: readonly string[], format: string): Fault | undefined {
  const isDigits = (part = ""): boolean => /^[0-9]$/.test(part) || /^\[|^\(\?:/.test(tokens.get(part)?.shape ?? "");
  const loose = parts.find(
    (part, at) => tokens.get(part)?.varies && (isDigits(parts[at - 1]) || isDigits(parts[at + 1])),
  );
  if (loose === undefined) return undefined;
  return {
    text: `has ${loose}, one digit or two, beside another digit`,
    hint: `put a character between them, or write ${loose}${loose}: ${format.replace(loose, loose + loose)}`,
  };
}

/** Whether text is a day that there is, as the rules write it: 2024-02-29. */
export function isDate(value: string): boolean {
  const time = /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

/** Whether text is a time of day as the rules write it: 21:05:00, with up to six digits of a fraction. */
export function isTimeOfDay(value: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/.test(value);
}
