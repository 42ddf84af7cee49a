import { complain, text } from "../grammar.js";
import { literal, sql } from "../sql.js";
import { defineRule } from "./rule.js";

/** A date format, cut into its tokens and the literal characters between them. */
const formatParts = /YYYY|MM|DD|[\s\S]/gu;

const format = text.superRefine((value, context) => {
  const fault = formatFault(value);
  if (fault !== undefined) complain(context, fault, "write a format of YYYY, MM and DD, for example DD/MM/YYYY");
});

function formatFault(value: string): string | undefined {
  const parts = value.match(formatParts) ?? [];
  const wrong = ["YYYY", "MM", "DD"].find((token) => parts.filter((part) => part === token).length !== 1);
  // Letters but the T and Z of ISO 8601 are tokens of other languages (HH, mmm, yyyy): as literals they would reject all.
  const letters = parts.filter((part) => /^[A-SU-Ya-z]$/.test(part)).join("");
  if (/Y/.test(letters) && wrong === "YYYY") return `date format ${JSON.stringify(value)} has no four-digit year`;
  if (wrong !== undefined) return `date format ${JSON.stringify(value)} needs ${wrong} exactly once`;
  return letters === "" ? undefined : `date format ${JSON.stringify(value)} holds ${JSON.stringify(letters)}`;
}

/**
 * `date: DD/MM/YYYY` reads a date of exactly that shape and writes it as ISO 8601. A day that no calendar has, a
 * missing zero, a blank text are misses; NULL stays NULL.
 */
export const date = defineRule({
  kind: "date",
  schema: format,
  effect: "translates",
  type: "date",
  otherwiseFault: (value) =>
    value === null || isDate(value) ? undefined : `otherwise is no date as the rule writes them (2024-02-29)`,
  describe: (format) => `read as a date ${format}`,
  compile: (options, { column, previous }) => {
    const parts = options.match(formatParts) ?? [];
    const shape = literal(parts.map((part) => shapes.get(part) ?? `\\x{${hex(part)}}`).join(""));
    const pattern = literal(parts.map((part) => directives.get(part) ?? part.replace("%", "%%")).join(""));
    const parsed = sql`CAST(CAST(try_strptime(${previous}, ${pattern}) AS DATE) AS VARCHAR)`;
    const value = sql`CASE WHEN regexp_full_match(${previous}, ${shape}) THEN ${parsed} END`;
    return {
      value,
      miss: sql`(${previous} IS NOT NULL AND ${value} IS NULL)`,
      reason: `${column} is not a date in the format ${options}`,
      join: undefined,
    };
  },
});

const shapes: ReadonlyMap<string, string> = new Map([
  // Any year but 0000, which PostgreSQL does not have and DuckDB writes as 0001 (BC).
  ["YYYY", "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"],
  ["MM", "[0-9]{2}"],
  ["DD", "[0-9]{2}"],
]);

const directives: ReadonlyMap<string, string> = new Map([
  ["YYYY", "%Y"],
  ["MM", "%m"],
  ["DD", "%d"],
]);

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);

function isDate(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
