import { join, sql } from "../../mapping/sql.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn } from "../port.js";
import { baseType, kindOf } from "./column-types.js";
import { identifier, literal, trusted } from "./identifiers.js";

/** A column of `source`, as it is. */
export function source({ name }: Pick<DatabaseColumn, "name">): Sql {
  return sql`source.${identifier(name)}`;
}

/** Character sets whose bytes are UTF-8 already: they are read as they are stored, and proved here, not converted there. */
const isUtf8 = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii", ""]);

/** A column of `source`, or a value of its type, as the text that stands in the file; FORMATS.md lists it by type. */
export function fileText(column: DatabaseColumn, value: Sql = source(column)): Sql {
  switch (kindOf(column)) {
    case "number":
      // The zeros of ZEROFILL are no part of the number.
      return column.databaseType.endsWith("zerofill") ? sql`(${value} + 0)` : value;
    case "float":
      return floatText(column, value);
    case "bit":
      return sql`lpad(bin(${value} + 0), ${trusted(column.databaseType.replace(/\D/g, "") || "1")}, '0')`;
    case "timestamp":
      return inUtc(value);
    case "bytes":
      return sql`concat('\\\\x', lower(hex(${value})))`;
    case "geometry":
      return geometryText(value);
    case "characters":
      return utf8(column, value);
    case "text":
      return ["enum", "set"].includes(baseType(column.databaseType))
        ? utf8(column, value)
        : sql`cast(${value} AS char)`;
    default:
      return value;
  }
}

// As a double: MariaDB prints 16777216 as 16777200 otherwise. With digits declared, FLOAT(7,4), it prints all of them.
function floatText({ databaseType }: DatabaseColumn, value: Sql): Sql {
  return databaseType.includes("(") ? value : sql`(${value} * 1e0)`;
}

function utf8({ characterSet = "" }: DatabaseColumn, value: Sql): Sql {
  return isUtf8.has(characterSet) ? value : sql`convert(${value} USING utf8mb4)`;
}

// Stored are the number of the reference system, four bytes, and WKB. Where there is one, it goes into the WKB as PostGIS
// has it (EWKB): byte order, type with a flag, system, the rest. ST_AsBinary would turn the axes of some systems.
function geometryText(value: Sql): Sql {
  const stored = sql`hex(${value})`;
  return sql`if(left(${stored}, 8) = '00000000', substr(${stored}, 9),
    concat(substr(${stored}, 9, 8), '20', left(${stored}, 8), substr(${stored}, 19)))`;
}

/** A timestamp, in a session pinned to UTC, or what was `printed` of it, with its zone. The zero date is no moment, and in no zone. */
export function inUtc(value: Sql, printed: Sql = value): Sql {
  return sql`if(${value} = 0, ${printed}, concat(${printed}, '+00'))`;
}

/** A column of `source` of a type with decimals, without the zeros at their end: what these end at is a digit or the point. */
export function withoutEndZeros(column: DatabaseColumn): Sql {
  if (!column.databaseType.includes("(")) return source(column);
  return sql`trim(TRAILING '.' FROM trim(TRAILING '0' FROM ${source(column)}))`;
}

/** A column of `source`, or a value of its type, as it sorts and compares: numbers and dates by value, all else byte by byte. */
export function sortable(column: DatabaseColumn, value: Sql = source(column)): Sql {
  switch (kindOf(column)) {
    case "bit":
    case "year":
      return sql`(${value} + 0)`;
    case "characters":
    case "text":
    case "geometry":
      return byBytes(fileText(column, value));
    default:
      return value;
  }
}

/** Text as its bytes. Even a collation that ends in _bin leaves blanks at the end out of account. */
export function byBytes(text: Sql): Sql {
  return sql`cast(${text} AS binary)`;
}

/** A value, given as it stands in the file, to be compared with `sortable`. Throws "specification", never quoting it. */
export function typed(column: DatabaseColumn, value: string): Sql {
  switch (kindOf(column)) {
    case "number":
    case "float":
    case "year":
      // Never in quotes: a text is compared with an integer as two floats, and 2^53 + 1 is 2^53 then.
      if (/^[-+]?\d+(\.\d*)?(e[-+]?\d+)?$/i.test(value)) return trusted(value);
      throw unfitValue(column);
    case "bit":
      if (/^[01]+$/.test(value)) return sql`(b'${trusted(value)}' + 0)`;
      throw unfitValue(column);
    case "timestamp":
      return literal(value.replace(/\+00$/, ""));
    case "bytes":
      if (/^\\x([0-9a-f]{2})*$/i.test(value)) return sql`x'${trusted(value.slice(2))}'`;
      throw unfitValue(column);
    case "moment":
      return literal(value);
    default:
      return byBytes(literal(value));
  }
}

function unfitValue({ name, databaseType }: DatabaseColumn): StageError {
  return new StageError(
    "specification",
    `column ${name} is ${databaseType}, and the value asked for is none of that type`,
    "give it as it stands in the extract's files",
  );
}

/** The column is one of these values. */
export function among(column: DatabaseColumn, values: readonly string[]): Sql {
  const exactly = sql`${sortable(column)} IN (${list(values.map((value) => typed(column, value)))})`;
  if (kindOf(column) !== "characters" || !mayCompare(column, values)) return exactly;
  // By the column's own collation first, which an index serves and which finds more, never less.
  return sql`(${source(column)} IN (${list(values.map(literal))}) AND ${exactly})`;
}

// A text outside the column's character set is an error to compare with.
function mayCompare({ characterSet = "" }: DatabaseColumn, values: readonly string[]): boolean {
  return characterSet === "utf8mb4" || values.every((value) => /^[\x20-\x7e]*$/.test(value));
}

function list(fragments: readonly Sql[]): Sql {
  return join(fragments, ", ");
}
