import type { DatabaseColumn } from "../port.js";
import type { ResultColumn } from "./connection.js";

/** What a column's values are, as far as reading, sorting and comparing them differs. */
export type ColumnKind =
  | "number"
  | "float"
  | "bit"
  | "year"
  | "moment"
  | "timestamp"
  | "bytes"
  | "geometry"
  | "characters"
  | "text";

const kinds: Readonly<Record<string, ColumnKind>> = {
  tinyint: "number",
  smallint: "number",
  mediumint: "number",
  int: "number",
  bigint: "number",
  decimal: "number",
  double: "number",
  float: "float",
  bit: "bit",
  year: "year",
  date: "moment",
  datetime: "moment",
  time: "moment",
  timestamp: "timestamp",
  binary: "bytes",
  varbinary: "bytes",
  tinyblob: "bytes",
  blob: "bytes",
  mediumblob: "bytes",
  longblob: "bytes",
  vector: "bytes",
  geometry: "geometry",
  point: "geometry",
  linestring: "geometry",
  polygon: "geometry",
  multipoint: "geometry",
  multilinestring: "geometry",
  multipolygon: "geometry",
  geometrycollection: "geometry",
  geomcollection: "geometry",
  char: "characters",
  varchar: "characters",
  tinytext: "characters",
  text: "characters",
  mediumtext: "characters",
  longtext: "characters",
};

/** The kind of a column; whatever is not listed (enum, set, json, uuid, inet6) is text. */
export function kindOf({ databaseType }: Pick<DatabaseColumn, "databaseType">): ColumnKind {
  return kinds[baseType(databaseType)] ?? "text";
}

/** Whether its values are floating-point numbers, of either size: -0 and 0 are equal, and not the same. */
export function isFloatingPoint({ databaseType }: Pick<DatabaseColumn, "databaseType">): boolean {
  return ["float", "double"].includes(baseType(databaseType));
}

/** A type's spelling without length, sign and padding. */
export function baseType(databaseType: string): string {
  return databaseType.match(/^\w+/)?.[0] ?? "";
}

const frictionless: Readonly<Record<string, string>> = {
  tinyint: "integer",
  smallint: "integer",
  mediumint: "integer",
  int: "integer",
  bigint: "integer",
  year: "integer",
  decimal: "number",
  float: "number",
  double: "number",
  date: "date",
  datetime: "datetime",
  timestamp: "datetime",
};

/** The Frictionless type. TIME is none of the day: it goes beyond 24 hours and below zero, so it is a string. */
export function frictionlessType(databaseType: string): string {
  return frictionless[baseType(databaseType)] ?? "string";
}

/**
 * What a column's values are checked as before they are loaded, by the names that specifications know; `any` where no such
 * type says what it takes. A DATETIME without digits has none, and a tinyint(1) is as often a boolean as a number.
 */
export function checkedType(databaseType: string): string {
  const digits = /\((\d)\)/.exec(databaseType)?.[1] ?? "0";
  const numbers = /\(.*\)/.exec(databaseType)?.[0] ?? "";
  switch (kindOf({ databaseType })) {
    case "number":
      if (baseType(databaseType) === "decimal") return `numeric${numbers}`;
      if (baseType(databaseType) === "double") return "double precision";
      return databaseType.startsWith("tinyint(1)") ? "any" : databaseType.replace(/ zerofill$/, "");
    case "float":
      return numbers === "" ? "real" : "any";
    case "moment":
      if (baseType(databaseType) === "time") return "any";
      return baseType(databaseType) === "date" ? "date" : `timestamp(${digits})`;
    case "timestamp":
      return `timestamptz(${digits})`;
    case "bytes":
      return baseType(databaseType) === "binary" ? "any" : "bytea";
    case "characters":
      return baseType(databaseType).endsWith("text") ? "text" : databaseType;
    case "text":
      return ["enum", "uuid", "json"].includes(baseType(databaseType)) ? databaseType : "any";
    default:
      return "any";
  }
}

/** Whether the column's own comparison is the order of Waybill, so that an index on it serves. */
export function sortsByItself(column: Pick<DatabaseColumn, "databaseType">): boolean {
  return ["number", "float", "moment", "timestamp", "bytes"].includes(kindOf(column));
}

const protocolTypes: Readonly<Record<number, string>> = {
  1: "tinyint",
  2: "smallint",
  3: "int",
  4: "float",
  5: "double",
  6: "varchar",
  7: "timestamp",
  8: "bigint",
  9: "mediumint",
  10: "date",
  11: "time",
  12: "datetime",
  13: "year",
  14: "date",
  16: "bit",
  242: "vector",
  245: "json",
  247: "enum",
  248: "set",
  255: "geometry",
};

const flags = { unsigned: 0x20, zerofill: 0x40, enum: 0x100, set: 0x800 } as const;
/** What the protocol says instead of a number of decimals where a float has none declared. */
const floating = 31;
const binaryCollation = 63;
const texts: Readonly<Record<number, readonly [text: string, bytes: string]>> = {
  249: ["tinytext", "tinyblob"],
  250: ["mediumtext", "mediumblob"],
  251: ["longtext", "longblob"],
  252: ["text", "blob"],
  253: ["varchar", "varbinary"],
  254: ["char", "binary"],
};

/** The type of a query's column, spelled as the catalog spells that of a table's, as far as the protocol tells. */
export function spelledType(column: ResultColumn): string {
  if (column.flags & flags.enum) return "enum";
  if (column.flags & flags.set) return "set";
  const [text, bytes] = texts[column.type] ?? [];
  if (text !== undefined && bytes !== undefined) return column.collation === binaryCollation ? bytes : text;
  const sign = `${column.flags & flags.unsigned ? " unsigned" : ""}${column.flags & flags.zerofill ? " zerofill" : ""}`;
  if (column.type === 0 || column.type === 246) return `${decimalType(column)}${sign}`;
  return `${protocolTypes[column.type] ?? "text"}${lengthOf(column)}${sign}`;
}

function lengthOf({ type, bytes, decimals }: ResultColumn): string {
  switch (protocolTypes[type]) {
    case "bit":
      return `(${bytes})`;
    case "time":
    case "datetime":
    case "timestamp":
      return decimals > 0 ? `(${decimals})` : "";
    case "float":
    case "double":
      return decimals < floating ? `(${bytes},${decimals})` : "";
    default:
      return "";
  }
}

// The length counts the point and the sign.
function decimalType({ bytes, decimals, flags: own }: ResultColumn): string {
  const digits = bytes - (decimals > 0 ? 1 : 0) - (own & flags.unsigned ? 0 : 1);
  return `decimal(${digits},${decimals})`;
}
