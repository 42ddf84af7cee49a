// What holds of a spelling:
// 1. What it makes of a value, load would store as that very value; NULL stays NULL.
// 2. It is chosen by a few texts, and wrong for others at no other price than that these rows are compared by value.
import { sql } from "../../../mapping/sql.js";
import type { CsvValue } from "../../../model/csv-dialect.js";
import type { Sql } from "../../../model/names.js";
import { fileText, inUtc, source, withoutEndZeros } from "../column-text.js";
import { baseType, kindOf } from "../column-types.js";
import type { ComparedColumn } from "./compare-columns.js";

/** A column of `source` as an extract would print it, or as the files spell it where that is otherwise: `texts` are some of theirs. */
export function spelledAs(column: ComparedColumn, texts: readonly CsvValue[]): Sql {
  const present = texts.filter((text) => text !== null);
  const kind = kindOf(column);
  switch (kind) {
    case "number":
      return baseType(column.databaseType) === "decimal"
        ? numberSpelled(column, present)
        : wordSpelled(column, present);
    case "moment":
    case "timestamp":
      return momentSpelled(column, present);
    case "bit":
    case "bytes":
    case "characters":
    case "float":
    case "geometry":
    case "text":
    case "year":
      return fileText(column);
    default:
      return kind satisfies never;
  }
}

// In all others bytes may stand for no character, and two of them become one question mark.
const characterSets = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii", "latin1", ""]);

/** Whether no two values of these columns are printed alike. */
export function printsTellApart(columns: readonly ComparedColumn[]): boolean {
  return columns.every(({ characterSet = "" }) => characterSets.has(characterSet));
}

function wordSpelled(column: ComparedColumn, texts: readonly string[]): Sql {
  const isTruth = texts.length > 0 && texts.every((text) => text === "t" || text === "f");
  if (!isTruth || baseType(column.databaseType) !== "tinyint") return fileText(column);
  return sql`CASE ${source(column)} WHEN 1 THEN 't' WHEN 0 THEN 'f' ELSE ${source(column)} END`;
}

function numberSpelled(column: ComparedColumn, texts: readonly string[]): Sql {
  const scale = Number(/,(\d+)\)/.exec(column.databaseType)?.[1] ?? 0);
  return scale === 0 || texts.every((text) => fractionOf(text).length === scale)
    ? fileText(column)
    : withoutEndZeros(column);
}

function momentSpelled(column: ComparedColumn, texts: readonly string[]): Sql {
  const hasZone = texts.length > 0 && texts.every((text) => text.endsWith("+00"));
  const digits = Number(/\((\d)\)/.exec(column.databaseType)?.[1] ?? 0);
  const isPrinted = texts.every((text) => fractionOf(text.replace(/\+00$/, "")).length === digits);
  const value = isPrinted ? source(column) : withoutEndZeros(column);
  return hasZone ? inUtc(source(column), value) : value;
}

const fractionOf = (text: string): string => /\.(\d*)$/.exec(text)?.[1] ?? "";
