// What holds of a normal form:
// 1. The server's text is the one text of a value: two values of the type have the same exactly when they are equal.
// 2. A file's text is rewritten only where the server would read both as the same value. What is not plain stays as it
//    stands: its row then differs by its checksum, and is compared by the server's own types before anybody is told.
import type { Sql } from "../model/names.js";
import { literal, number, sql } from "./sql.js";

/** How values of a column are brought into one text on both sides; FORMATS.md lists them by type. */
export type NormalForm =
  | Plain<"text" | "padded" | "integer" | "boolean" | "date" | "time" | "timestamp" | "instant" | "uuid" | "bytes">
  // MySQL's: "tinyint" and "flag", a single bit, take `t` and `f` too; "digits" are those of years and of bits.
  | Plain<"tinyint" | "flag" | "digits" | "datetime" | "utc">
  | { readonly kind: "decimal"; readonly scale: number | undefined };

type Plain<Kind extends string> = Kind extends string ? { readonly kind: Kind } : never;

/** Whether a text may hold the `|` that joins the values of a row. */
export function mayHoldBar({ kind }: NormalForm): boolean {
  return kind === "text" || kind === "padded";
}

/** The normal text of a value that stands in a file, in the engine's SQL. */
export function fileText(form: NormalForm, text: Sql): Sql {
  switch (form.kind) {
    case "text":
    case "date":
    case "digits":
      return text;
    case "padded":
      return sql`rtrim(${text}, ' ')`;
    case "integer":
      return integerText(text);
    case "tinyint":
      return digitOfBoolean(text, integerText(text));
    case "flag":
      return digitOfBoolean(text, text);
    case "boolean":
      return sql`CASE lower(${text}) WHEN 't' THEN 't' WHEN 'f' THEN 'f' WHEN 'true' THEN 't' WHEN 'false' THEN 'f'
        WHEN '1' THEN 't' WHEN '0' THEN 'f' WHEN 'yes' THEN 't' WHEN 'no' THEN 'f' ELSE ${text} END`;
    case "decimal":
      return decimalText(text, form.scale);
    case "time":
      return withoutZeros(text);
    case "timestamp":
      return withoutZeros(withBlank(text));
    case "datetime":
      return withoutZeros(wholeMoment(text));
    case "utc":
      return utcText(text);
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

function integerText(text: Sql): Sql {
  return unless(startsPlain(text), text, { shape: "[+-]?[0-9]+", made: digitsOf(text, 0) });
}

function digitOfBoolean(text: Sql, otherwise: Sql): Sql {
  return sql`CASE ${text} WHEN 't' THEN '1' WHEN 'f' THEN '0' ELSE ${otherwise} END`;
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

// Of MySQL: its sessions are in UTC, load leaves +00 out, and a day is its beginning.
function wholeMoment(text: Sql): Sql {
  return sql`CASE WHEN ends_with(${text}, '+00') THEN ${text}[:-4] WHEN ends_with(${text}, '+00:00') THEN ${text}[:-7]
    WHEN length(${text}) = 10 THEN ${text} || ' 00:00:00' ELSE ${text} END`;
}

// The zero date is no moment, and in no zone.
function utcText(text: Sql): Sql {
  const moment = sql`(${withoutZeros(wholeMoment(text))})`;
  return sql`CASE WHEN length(${text}) = 22 AND ends_with(${text}, '+00') AND NOT starts_with(${text}, '0000') THEN ${text}
    WHEN ${moment} = '0000-00-00 00:00:00' THEN ${moment} ELSE ${moment} || '+00' END`;
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
