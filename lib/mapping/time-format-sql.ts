import type { Sql } from "../model/names.js";
import { join, literal, sql } from "./sql.js";
import { type FormatKind, type Formats, iso, partsOf, tokens } from "./time-format.js";

/**
 * SQL that reads text by the first of the formats that it has exactly the shape of, as a TIMESTAMP (of a time alone,
 * on some day); NULL where it has none, or where the calendar lacks such a day.
 */
export function readFormats(kind: FormatKind, value: Sql, { formats, century_from }: Formats): Sql {
  const written = formats.flatMap((format) => (format === iso ? isoFormats[kind] : [format]));
  const readings = written.flatMap((format) =>
    withFraction(partsOf(kind, format)).map((parts) => reading(value, parts, century_from)),
  );
  return readings.length === 1 ? join(readings, "") : sql`coalesce(${join(readings, ", ")})`;
}

const isoFormats: Readonly<Record<FormatKind, readonly string[]>> = {
  date: ["YYYY-MM-DD"],
  time: ["HH:mm:ss", "HH:mm"],
  timestamp: ["YYYY-MM-DD HH:mm:ss", "YYYY-MM-DDTHH:mm:ss", "YYYY-MM-DD HH:mm", "YYYY-MM-DDTHH:mm"],
};

const fraction = "fraction";

// Seconds may have a fraction, of which nothing is lost: PostgreSQL and DuckDB keep six digits.
function withFraction(parts: readonly string[]): readonly (readonly string[])[] {
  if (!parts.includes("ss")) return [parts];
  return [parts, parts.flatMap((part) => (part === "ss" ? [part, fraction] : [part]))];
}

// strptime is lenient (one digit for two, blanks): the shape goes before it. It knows which days there are.
function reading(value: Sql, parts: readonly string[], century: number | undefined): Sql {
  const shape = literal(parts.map(shapeOf).join(""));
  const pattern = literal(parts.map(directiveOf).join(""));
  const full = century === undefined ? value : withCentury(value, parts, century);
  return sql`CASE WHEN regexp_full_match(${value}, ${shape}) THEN try_strptime(${full}, ${pattern}) END`;
}

function shapeOf(part: string): string {
  if (part === fraction) return String.raw`\.[0-9]{1,6}`;
  return tokens.get(part)?.shape ?? `\\x{${(part.codePointAt(0) ?? 0).toString(16)}}`;
}

function directiveOf(part: string): string {
  if (part === fraction) return ".%f";
  return tokens.get(part)?.directive ?? part.replace("%", "%%");
}

/** Puts two digits before the year of text that has exactly this shape: the year is one of a hundred from `first` on. */
function withCentury(value: Sql, parts: readonly string[], first: number): Sql {
  const at = parts.indexOf("YY");
  if (at === -1) return value;
  const group = (from: number, to: number): string => `(${parts.slice(from, to).map(shapeOf).join("")})`;
  const years = Array.from({ length: 100 }, (_, years) => first + years);
  const centuries = [...new Set(years.map((year) => Math.floor(year / 100)))];
  return centuries.reduce((text, century) => {
    const own = years.filter((year) => Math.floor(year / 100) === century).map((year) => digits(year % 100));
    const shape = literal(`^${group(0, at)}(${own.join("|")})${group(at + 1, parts.length)}$`);
    return sql`regexp_replace(${text}, ${shape}, ${literal(`\\1${digits(century)}\\2\\3`)})`;
  }, value);
}

const digits = (number: number): string => String(number).padStart(2, "0");

/** SQL that reads ISO 8601 with an offset (`2024-02-29T21:00:00+03:00`, `… 21:00Z`) as an instant, a TIMESTAMP of UTC. */
export function readIsoOffset(value: Sql): Sql {
  const shapes = isoFormats.timestamp.flatMap((format) => withFraction(partsOf("timestamp", format)));
  const local = shapes.map((parts) => parts.map(shapeOf).join("")).join("|");
  const shape = literal(`(?:${local})(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)`);
  // DuckDB reads no offset behind minutes.
  const whole = sql`regexp_replace(${value}, '([T ][0-9]{2}:[0-9]{2})(Z|[+-])', '\\1:00\\2')`;
  const instant = sql`make_timestamp(epoch_us(TRY_CAST(${whole} AS TIMESTAMPTZ)))`;
  return sql`CASE WHEN regexp_full_match(${value}, ${shape}) THEN ${instant} END`;
}
