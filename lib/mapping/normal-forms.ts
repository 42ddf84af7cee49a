// What holds of a normal form:
// 1. The server's text is the one text of a value: two values of the type have the same exactly when they are equal.
// 2. A file's text is rewritten only where the server would read both as the same value. What is not plain stays as it
//    stands: its row then differs by its checksum, and is compared by the server's own types before anybody is told.
import type { Sql } from "../model/names.js";
import { readColumnType } from "./column-type.js";
import { literal, number, sql } from "./sql.js";

/** How values of a column are brought into one text on both sides; the names are those of FORMATS.md. */
export type NormalForm =
  | { readonly kind: "text" | "padded" | "integer" | "boolean" | "date" | "time" | "timestamp" | "instant" }
  | { readonly kind: "uuid" | "bytes" }
  | { readonly kind: "decimal"; readonly scale: number | undefined };

/** The form for a type as the database's catalog writes it; undefined: none is proven, as of floats, json and arrays. */
export function normalFormOf(databaseType: string): NormalForm | undefined {
  const type = readColumnType(databaseType);
  if ("hint" in type) return undefined;
  switch (type.kind.kind) {
    case "text":
      return { kind: /^char(?:acter)?(?:\(|$)/.test(type.text) ? "padded" : "text" };
    case "enum":
      return { kind: "text" };
    case "decimal":
      return { kind: "decimal", scale: type.kind.scale };
    case "timestamp":
      return { kind: type.kind.hasZone ? "instant" : "timestamp" };
    case "bytea":
      return { kind: "bytes" };
    case "integer":
    case "boolean":
    case "date":
    case "time":
    case "uuid":
      return { kind: type.kind.kind };
    case "any":
    case "float":
    case "json":
    case "jsonb":
      return undefined;
    default:
      return type.kind satisfies never;
  }
}

/** Whether a text may hold the `|` that joins the values of a row. */
export function mayHoldBar({ kind }: NormalForm): boolean {
  return kind === "text" || kind === "padded";
}

/** The normal text of a value in PostgreSQL, in a session pinned to UTC, ISO dates and hexadecimal bytes. */
export function postgresText(form: NormalForm, value: Sql): Sql {
  switch (form.kind) {
    case "boolean":
      return sql`CASE WHEN ${value} THEN 't' WHEN NOT ${value} THEN 'f' END`;
    case "decimal":
      // With a scale of its own the type prints all its digits; else 1.5 and 1.50 are one number.
      return form.scale === undefined
        ? sql`CASE WHEN strpos(${value}::text, '.') > 0 THEN rtrim(rtrim(${value}::text, '0'), '.') ELSE ${value}::text END`
        : sql`${value}::text`;
    case "text":
    case "padded":
    case "integer":
    case "date":
    case "time":
    case "timestamp":
    case "instant":
    case "uuid":
    case "bytes":
      // Of a char(n) the cast leaves out the blanks that pad it, as its equality does.
      return sql`${value}::text`;
    default:
      return form satisfies never;
  }
}

/** The normal text of a value that stands in a file, in the engine's SQL. */
export function fileText(form: NormalForm, text: Sql): Sql {
  switch (form.kind) {
    case "text":
    case "date":
      return text;
    case "padded":
      return sql`rtrim(${text}, ' ')`;
    case "integer":
      return unless(startsPlain(text), text, { shape: "[+-]?[0-9]+", made: digitsOf(text, 0) });
    case "boolean":
      return sql`CASE lower(${text}) WHEN 't' THEN 't' WHEN 'f' THEN 'f' WHEN 'true' THEN 't' WHEN 'false' THEN 'f'
        WHEN '1' THEN 't' WHEN '0' THEN 'f' WHEN 'yes' THEN 't' WHEN 'no' THEN 'f' ELSE ${text} END`;
    case "decimal":
      return decimalText(text, form.scale);
    case "time":
      return withoutZeros(text);
    case "timestamp":
      return withoutZeros(withBlank(text));
    case "instant":
      return instantText(text);
    case "uuid":
      return sql`lower(${text})`;
    case "bytes":
      return sql`CASE WHEN starts_with(${text}, '\\x') THEN lower(${text}) ELSE ${text} END`;
    default:
      return form satisfies never;
  }
}

// A regular expression takes a microsecond: the usual spelling is told by a character or two.
function unless(plain: Sql, text: Sql, { shape, made }: { readonly shape: string; readonly made: Sql }): Sql {
  return sql`CASE WHEN ${plain} THEN ${text} WHEN regexp_full_match(${text}, ${literal(shape)}) THEN ${made} ELSE ${text} END`;
}

const startsPlain = (text: Sql): Sql => sql`${text}[1] BETWEEN '1' AND '9'`;

function decimalText(text: Sql, scale: number | undefined): Sql {
  const point = sql`contains(${text}, '.')`;
  const plain =
    scale === undefined || scale === 0
      ? sql`${startsPlain(text)} AND NOT ${point}`
      : sql`(${startsPlain(text)} OR starts_with(${text}, '0.')) AND ${text}[${number(-scale - 1)}] = '.'`;
  return unless(plain, text, { shape: String.raw`[+-]?[0-9]+(?:\.[0-9]*)?`, made: digitsOf(text, scale) });
}

/** A number without zeros before it and without a sign that says nothing; more digits than the scale stay: no column holds them. */
function digitsOf(text: Sql, scale: number | undefined): Sql {
  const whole = sql`ltrim(split_part(${text}, '.', 1), '+-0')`;
  const fraction = sql`rtrim(split_part(${text}, '.', 2), '0')`;
  const sign = sql`CASE WHEN starts_with(${text}, '-') AND ${whole} || ${fraction} <> '' THEN '-' ELSE '' END`;
  const before = sql`${sign} || CASE ${whole} WHEN '' THEN '0' ELSE ${whole} END`;
  if (scale === undefined) return sql`${before} || CASE ${fraction} WHEN '' THEN '' ELSE '.' || ${fraction} END`;
  const after = scale === 0 ? sql`''` : sql`'.' || rpad(${fraction}, ${number(scale)}, '0')`;
  return sql`CASE WHEN length(${fraction}) > ${number(scale)} THEN ${text} ELSE ${before} || ${after} END`;
}

function withoutZeros(text: Sql): Sql {
  return sql`CASE WHEN ${text}[-1] = '0' AND contains(${text}, '.') THEN rtrim(rtrim(${text}, '0'), '.') ELSE ${text} END`;
}

function withBlank(text: Sql): Sql {
  return sql`CASE WHEN ${text}[11] = 'T' THEN ${text}[1:10] || ' ' || ${text}[12:] ELSE ${text} END`;
}

// Without a zone the server reads UTC, to which its session is pinned.
function instantText(text: Sql): Sql {
  const zone = sql`regexp_extract(${text}, '(?:Z|[+-][0-9:]+)$')`;
  const clock = sql`TRY_CAST(${withBlank(sql`regexp_replace(${text}, '(?:Z|[+-][0-9:]{2,5})$', '')`)} AS TIMESTAMP)`;
  const digits = sql`rpad(regexp_replace(${zone}, '[^0-9]', '', 'g'), 4, '0')`;
  const minutes = sql`CAST(${digits}[1:2] AS INTEGER) * 60 + CAST(${digits}[3:4] AS INTEGER)`;
  const ahead = sql`CASE WHEN starts_with(${zone}, '-') THEN -(${minutes}) ELSE ${minutes} END`;
  return unless(sql`length(${text}) = 22 AND ${text}[11] = ' ' AND ends_with(${text}, '+00')`, text, {
    shape: String.raw`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d(?::?\d\d)?)?`,
    made: sql`coalesce(CAST(${clock} - to_minutes(${ahead}) AS VARCHAR) || '+00', ${text})`,
  });
}
