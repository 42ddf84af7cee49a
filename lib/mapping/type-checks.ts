import type { Sql } from "../model/names.js";
import type { ColumnType, TypeKind } from "./column-type.js";
import { join, literal, sql } from "./sql.js";

/** Why a value does not fit: true for the values it is about, and the words for it, which show no value. */
export interface Misfit {
  readonly when: Sql;
  readonly text: string;
}

/** Every way in which text that is not NULL may not fit a type; the first that is true names the reason. */
export function misfitsOf(value: Sql, { kind: type, text }: ColumnType): readonly Misfit[] {
  switch (type.kind) {
    case "any":
      return [];
    case "integer":
      return integerMisfits(value, type, text);
    case "decimal":
      return decimalMisfits(value, type, text);
    case "float":
      return floatMisfits(value, type, text);
    case "text":
      return textMisfits(value, type, text);
    case "date":
      return [
        { when: sql`(${not(value, `${dateShape}(?: BC)?|-?infinity`)} OR ${noSuchDay(value)})`, text: "is not a date" },
      ];
    case "timestamp":
      return timestampMisfits(value, type, text);
    case "time":
      return [
        { when: not(value, `${clockShape}|24:00:00`), text: "is not a time of day" },
        ...fractionMisfits(value, type, text),
      ];
    case "boolean":
      return [{ when: not(value, "(?i:t|true|y|yes|on|1|f|false|n|no|off|0)"), text: "is not a boolean" }];
    case "uuid":
      return [
        {
          when: not(value, String.raw`(?i)${uuidShape}|\{${uuidShape}\}`),
          text: "is not a UUID",
        },
      ];
    case "bytea":
      return [{ when: not(value, String.raw`\\x(?:[0-9a-fA-F]{2})*`), text: "is not bytes in hex digits" }];
    case "json":
    case "jsonb":
      return jsonMisfits(value, type.kind);
    case "enum":
      return [{ when: sql`${value} NOT IN (${join(type.words.map(literal), ", ")})`, text: `is none of ${text}` }];
    default:
      return type satisfies never;
  }
}

const uuidShape = "[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}";

type Of<Kind extends TypeKind["kind"]> = Extract<TypeKind, { readonly kind: Kind }>;

const looksLike = (value: Sql, shape: string): Sql => sql`regexp_full_match(${value}, ${literal(shape)})`;
const not = (value: Sql, shape: string): Sql => sql`NOT ${looksLike(value, shape)}`;

function integerMisfits(value: Sql, { least, most }: Of<"integer">, text: string): readonly Misfit[] {
  const number = sql`TRY_CAST(${value} AS HUGEINT)`;
  const range = sql`${number} BETWEEN ${literal(String(least))}::HUGEINT AND ${literal(String(most))}::HUGEINT`;
  return [
    { when: not(value, "[+-]?[0-9]+"), text: "is not a whole number" },
    { when: sql`coalesce(NOT (${range}), ${value} IS NOT NULL)`, text: `is outside the range of ${text}` },
  ];
}

function decimalMisfits(value: Sql, { whole, scale }: Of<"decimal">, text: string): readonly Misfit[] {
  const plain = String.raw`[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)`;
  if (whole === undefined || scale === undefined) {
    return [{ when: not(value, `${plain}(?:[eE][+-]?[0-9]{1,5})?|NaN|[+-]?Infinity`), text: "is not a number" }];
  }
  const before = whole === 0 ? "[1-9]" : `[1-9][0-9]{${whole}}`;
  return [
    // Zeros behind the scale say nothing that would be lost.
    {
      when: sql`regexp_matches(${value}, ${literal(`\\.[0-9]{${scale}}[0-9]*[1-9]`)})`,
      text: `has more than ${scale} decimals, ${text} holds ${scale}`,
    },
    {
      when: sql`regexp_matches(${value}, ${literal(`^[+-]?0*${before}`)})`,
      text: `has more than ${whole} digits before the decimals, ${text} holds ${whole}`,
    },
    { when: not(value, `${plain}|NaN`), text: "is not a number in plain digits" },
  ];
}

function floatMisfits(value: Sql, { bits }: Of<"float">, text: string): readonly Misfit[] {
  const type = bits === 32 ? sql`FLOAT` : sql`DOUBLE`;
  const number = sql`TRY_CAST(${value} AS ${type})`;
  const digits = String.raw`[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?`;
  return [
    { when: not(value, `${digits}|NaN|[+-]?Infinity`), text: "is not a number" },
    {
      // What is too large becomes infinite, and what is too small becomes 0.
      when: sql`(${looksLike(value, digits)} AND (isinf(${number}) OR (${number} = 0 AND regexp_matches(${value}, '^[^eE]*[1-9]'))))`,
      text: `is outside the range of ${text}`,
    },
    { when: losesDigits(value, bits), text: `has more digits than ${text} holds` },
  ];
}

// So many digits come back from every float. Of more it depends: its own shortest text does, and so does that of the
// double which a REAL is, 0.10000000149011612, as MySQL writes it.
function losesDigits(value: Sql, bits: 32 | 64): Sql {
  const digits = (text: Sql): Sql =>
    sql`regexp_replace(regexp_replace(lower(${text}), '[-+.]|e.*$', '', 'g'), '^0+|0+$', '', 'g')`;
  const double = sql`TRY_CAST(${value} AS DOUBLE)`;
  const single = sql`TRY_CAST(${value} AS FLOAT)`;
  const own = bits === 64 ? [double] : [single, sql`CAST(${single} AS DOUBLE)`];
  const comeBack = join(
    own.map((read) => digits(sql`CAST(${read} AS VARCHAR)`)),
    ", ",
  );
  const isLong = sql`length(${digits(value)}) > ${bits === 64 ? sql`15` : sql`6`}`;
  return sql`(${isLong} AND isfinite(${double}) AND ${digits(value)} NOT IN (${comeBack}))`;
}

function textMisfits(value: Sql, { characters }: Of<"text">, text: string): readonly Misfit[] {
  const nul = {
    when: sql`contains(${value}, chr(0))`,
    text: "holds the character U+0000, which PostgreSQL does not store",
  };
  if (characters === undefined) return [nul];
  return [
    { when: sql`length(${value}) > ${literal(String(characters))}::INTEGER`, text: `is longer than ${text} holds` },
    nul,
  ];
}

// PostgreSQL's own text of a date, which may lie before our era or past the year 9999.
const dateShape = "[0-9]{4,6}-[0-9]{2}-[0-9]{2}";
const clockShape = String.raw`(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?`;
const offsetShape = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9]){0,2})";

/** A day that the calendar lacks; of days before our era PostgreSQL's word is taken. There was no year 0. */
function noSuchDay(value: Sql): Sql {
  const day = sql`TRY_CAST(regexp_extract(${value}, '^[0-9]+-[0-9]+-[0-9]+') AS DATE)`;
  return sql`(${day} IS NULL OR starts_with(${value}, '0000')) AND NOT regexp_matches(${value}, 'BC$|infinity$')`;
}

function timestampMisfits(value: Sql, type: Of<"timestamp">, text: string): readonly Misfit[] {
  const local = `${dateShape}[ T]${clockShape}`;
  const shape = `${local}${offsetShape}?(?: BC)?|-?infinity`;
  const wrong = { when: sql`(${not(value, shape)} OR ${noSuchDay(value)})`, text: "is not a day and time" };
  // PostgreSQL would leave the offset out without a word, and so say another time.
  const lost = {
    when: not(value, `${local}(?: BC)?|-?infinity`),
    text: `has an offset from UTC, which ${text} does not hold`,
  };
  return [wrong, ...(type.hasZone ? [] : [lost]), ...fractionMisfits(value, type, text)];
}

function fractionMisfits(value: Sql, { digits }: Of<"timestamp" | "time">, text: string): readonly Misfit[] {
  const when = sql`regexp_matches(${value}, ${literal(`\\.[0-9]{${digits}}[0-9]*[1-9]`)})`;
  return [{ when, text: `has a fraction of more than ${digits} digits, ${text} holds ${digits}` }];
}

function jsonMisfits(value: Sql, kind: "json" | "jsonb"): readonly Misfit[] {
  // DuckDB takes NaN and a comma before a closing bracket for JSON; outside of strings neither can stand in any.
  const bare = sql`regexp_replace(${value}, ${literal(String.raw`"(?:[^"\\]|\\.)*"`)}, '""', 'g')`;
  const isLax = sql`regexp_matches(${bare}, ${literal(String.raw`(?i)nan|inf|,\s*[\]}]`)})`;
  const broken = { when: sql`(NOT json_valid(${value}) OR ${isLax})`, text: "is not JSON" };
  const nul = literal(String.raw`(?:^|[^\\])(?:\\\\)*\\u0000`);
  return kind === "json"
    ? [broken]
    : [
        broken,
        { when: sql`regexp_matches(${value}, ${nul})`, text: "holds the character U+0000, which jsonb does not store" },
      ];
}
