// What holds of a spelling:
// 1. What it makes of a value, its type reads as that very value, or not at all; NULL stays NULL.
// 2. It is chosen by a few texts, and wrong for others at no other price than that these rows are compared by value.
import type { CsvValue } from "../../model/csv-dialect.js";
import type { Sql } from "../../model/names.js";
import type { ComparedColumn } from "./compare-columns.js";
import { identifier, literal, sql, trusted } from "./identifiers.js";

/** A column's value as the server prints it, or as the files spell it where that is otherwise: `texts` are some of theirs. */
export function spelledAs({ name, databaseType }: Spelled, texts: readonly CsvValue[]): Sql {
  const present = texts.filter((text) => text !== null);
  const value = identifier(name);
  const [, base = "", given = ""] = /^(\w+)(?:\([\d,]+\))?((?: with(?:out)? time zone)?)$/.exec(databaseType) ?? [];
  switch (`${base}${given}`) {
    case "boolean":
      return truthSpelled(value, present);
    case "character":
      // The cast leaves out the blanks that pad it.
      return present.some((text) => text.length < lengthOf(databaseType)) ? sql`${value}::text` : value;
    case "numeric":
      return numberSpelled(value, scaleOf(databaseType), present);
    case "time without time zone":
      return momentSpelled(value, sql`time`, present);
    case "timestamp without time zone":
      return momentSpelled(value, timestamp, present);
    case "timestamp with time zone":
      return present.every((text) => withoutZone.test(text)) && present.length > 0
        ? momentSpelled(sql`(${value} AT TIME ZONE 'UTC')`, timestamp, present)
        : value;
    default:
      return value;
  }
}

/** A column, with the spelling of its type that the catalog has. */
export type Spelled = Pick<ComparedColumn, "name" | "databaseType">;

const timestamp = sql`timestamp`;

const withoutZone = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/;

const truths: readonly (readonly [string, string])[] = [
  ["1", "0"],
  ["true", "false"],
];

function truthSpelled(value: Sql, texts: readonly string[]): Sql {
  const pair = truths.find((words) => texts.every((text) => words.includes(text)));
  if (pair === undefined || texts.length === 0) return value;
  return sql`CASE WHEN ${value} THEN ${literal(pair[0])} WHEN NOT ${value} THEN ${literal(pair[1])} END`;
}

// With digits behind the point the column prints all of them, and zeros before the point stay.
function numberSpelled(value: Sql, scale: number, texts: readonly string[]): Sql {
  const isPrinted = texts.every((text) => text.length - text.indexOf(".") - 1 === scale && text.includes("."));
  const isTrimmed = texts.every((text) => !/\.\d*0$|\.$/.test(text));
  if (scale <= 0 || isPrinted || !isTrimmed) return value;
  return sql`rtrim(rtrim(${value}::text, '0'), '.')`;
}

// The server leaves out zeros at the end of a fraction. Their number is found without printing the value thrice.
function momentSpelled(value: Sql, type: Sql, texts: readonly string[]): Sql {
  const digits = texts.map((text) => /\.(\d+)$/.exec(text)?.[1]?.length ?? 0);
  const [first = 0] = digits;
  if (first === 0 || first > 6 || digits.some((count) => count !== first)) return sql`${value}`;
  const printed = sql`${value}::text`;
  const missing = sql`${trusted(String(first))} - length(${printed}) + strpos(${printed}, '.')`;
  // Behind the BC of a year digits would be read as something else, and the BC as nothing.
  const isPrinted = sql`${value}::${type}(${trusted(String(first - 1))}) <> ${value}`;
  const isEarly = type === timestamp ? sql` OR ${value} < '0001-01-01'` : sql``;
  return sql`CASE WHEN ${isPrinted}${isEarly} THEN ${printed}
    WHEN ${value}::${type}(0) = ${value} THEN ${printed} || ${literal(`.${"0".repeat(first)}`)}
    ELSE ${printed} || repeat('0', ${missing}) END`;
}

function lengthOf(databaseType: string): number {
  return Number(/\((\d+)/.exec(databaseType)?.[1] ?? 1);
}

function scaleOf(databaseType: string): number {
  return Number(/,(-?\d+)\)/.exec(databaseType)?.[1] ?? 0);
}
