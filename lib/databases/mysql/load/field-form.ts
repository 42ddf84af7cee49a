// What holds of the values on their way into MySQL:
// 1. A value that the server would store as another one without a word is refused here: 1.5 in an INT becomes 2, "1" in
//    an ENUM its first word, a number of 20 digits in MySQL's JSON one of 17, "0" in a YEAR 2000, and fractions of a second are cut off.
// 2. Whatever else a column does not take, the server warns of; nothing is committed with a warning.
import type { DatabaseColumn } from "../../port.js";
import { baseType, kindOf } from "../column-types.js";
import { enumWords } from "./enum-words.js";
import { isKeptAsJson } from "./json-value.js";

/** How the values of one column reach the server. Bytes are those of the value, unquoted; NULL is not among them. */
export interface FieldForm {
  readonly column: Pick<DatabaseColumn, "name" | "databaseType" | "nullable">;
  /** Where the value ends as the column takes it; -1: it is refused. undefined: as it stands, and the server judges. */
  readonly end: ((bytes: Buffer, from: number, stop: number) => number) | undefined;
  /** The bytes that the column takes; undefined: it is refused. Asked after `end`. */
  readonly convert: ((value: Buffer) => Buffer | undefined) | undefined;
  /** What is stored are bytes, no text. */
  readonly isBinary: boolean;
  /** The server has to be told that the bytes are UTF-8: it stores the text in another form. */
  readonly isConverted: boolean;
}

type Rules = Partial<Pick<FieldForm, "end" | "convert">>;

/** The form that a column takes its values in. */
export function fieldForm(column: DatabaseColumn): FieldForm {
  const { name, databaseType, nullable } = column;
  const kind = kindOf(column);
  const { end, convert }: Rules = rulesOf(column);
  const isBinary = kind === "bytes" || kind === "bit" || kind === "geometry";
  const isText = kind === "characters" || kind === "text";
  const isConverted = isText && !(isStoredAsUtf8.has(column.characterSet ?? "") && databaseType !== "json");
  return { column: { name, databaseType, nullable }, end, convert, isBinary, isConverted };
}

const isStoredAsUtf8 = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii"]);

function rulesOf(column: DatabaseColumn): Rules {
  const { databaseType } = column;
  const base = baseType(databaseType);
  switch (kindOf(column)) {
    case "number":
      if (base === "decimal") return {};
      if (base === "double") return declaredDigits(databaseType);
      return base === "tinyint" ? { end: wholeNumberOrBoolean, convert: digitOfBoolean } : { end: wholeNumber };
    case "float":
      return declaredDigits(databaseType);
    case "year":
      return { end: fourDigits };
    case "bit":
      return { convert: bitBytes(Number(/\d+/.exec(databaseType)?.[0] ?? 1)) };
    case "moment":
    case "timestamp":
      return { end: momentEnd(base, Number(/\((\d)\)/.exec(databaseType)?.[1] ?? 0)) };
    case "bytes":
      return { convert: hexBytes(base === "binary" ? Number(/\d+/.exec(databaseType)?.[0] ?? 1) : undefined) };
    case "geometry":
      return { convert: storedGeometry };
    default:
      if (base === "json") return { convert: (value) => (isKeptAsJson(value) ? value : undefined) };
      return base === "enum" || base === "set" ? { convert: knownWords(base, databaseType) } : {};
  }
}

const [zero, nine, minus, plus, point, blank, letterT, letterF] = [0x30, 0x39, 0x2d, 0x2b, 0x2e, 0x20, 0x74, 0x66];
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;

function wholeNumber(bytes: Buffer, from: number, stop: number): number {
  const first = bytes[from] === minus ? from + 1 : from;
  if (first === stop) return -1;
  for (let at = first; at < stop; at++) if (!isDigit(bytes[at])) return -1;
  return stop;
}

function wholeNumberOrBoolean(bytes: Buffer, from: number, stop: number): number {
  const isBoolean = stop - from === 1 && (bytes[from] === letterT || bytes[from] === letterF);
  return isBoolean ? stop : wholeNumber(bytes, from, stop);
}

const [digit0, digit1] = [Buffer.from("0"), Buffer.from("1")];

function digitOfBoolean(value: Buffer): Buffer {
  return value[0] === letterT ? digit1 : value[0] === letterF ? digit0 : value;
}

function fourDigits(bytes: Buffer, from: number, stop: number): number {
  return stop - from === 4 ? wholeNumber(bytes, from, stop) : -1;
}

// Sessions are in UTC, so +00 says nothing that the server does not know; any other zone it would not understand.
function momentEnd(base: string, digits: number) {
  return (bytes: Buffer, from: number, stop: number): number => {
    let end = stop;
    if (bytes[end - 3] === plus) end -= 3;
    else if (bytes[end - 6] === plus) end -= 6;
    if (end < stop && bytes.toString("latin1", end, stop).replace(":", "").padEnd(5, "0") !== "+0000") return -1;
    if (base === "time") return isClock(bytes, from, end) && fractionFits(bytes, from, end, digits) ? end : -1;
    const isDate = end - from >= 10 && bytes[from + 4] === minus && bytes[from + 7] === minus;
    if (!isDate || (base === "date" && end - from > 10)) return -1;
    if (end - from > 10 && (bytes[from + 10] !== blank || end - from < 19)) return -1;
    return fractionFits(bytes, from, end, digits) ? end : -1;
  };
}

// Of a number the server would make seconds, minutes and hours, and of a day its beginning.
function isClock(bytes: Buffer, from: number, end: number): boolean {
  return /^-?\d{2,3}:\d\d:\d\d(?:\.\d+)?$/.test(bytes.toString("latin1", from, end));
}

// FLOAT(7,2) and DOUBLE(7,2): the server rounds to so many decimals without a word.
function declaredDigits(databaseType: string): Rules {
  const [, decimals] = /\(\d+,(\d+)\)/.exec(databaseType) ?? [];
  if (decimals === undefined) return {};
  const isSingle = databaseType.startsWith("float");
  return {
    convert: (value) => {
      const text = value.toString("latin1");
      const stored = (isSingle ? Math.fround(Number(text)) : Number(text)).toFixed(Number(decimals));
      const [whole = "", fraction = ""] = text.replace(/^\+/, "").split(".");
      return `${whole}.${fraction.replace(/0+$/, "").padEnd(Number(decimals), "0")}`.replace(/\.$/, "") === stored
        ? value
        : undefined;
    },
  };
}

function fractionFits(bytes: Buffer, from: number, end: number, digits: number): boolean {
  const at = bytes.subarray(from, end).indexOf(point);
  if (at < 0) return true;
  for (let index = from + at + 1 + digits; index < end; index++) if (bytes[index] !== zero) return false;
  return true;
}

// MySQL keeps bits as a number: as many as the column has, the highest first, filled up to whole bytes.
function bitBytes(size: number) {
  const bytes = Math.ceil(size / 8);
  return (value: Buffer): Buffer | undefined => {
    const text = value.toString("latin1");
    if (size === 1 && (text === "t" || text === "f")) return Buffer.from([text === "t" ? 1 : 0]);
    if (text.length !== size || !/^[01]+$/.test(text)) return undefined;
    const hex = BigInt(`0b${text}`).toString(16);
    return Buffer.from(hex.padStart(2 * bytes, "0"), "hex");
  };
}

// A BINARY(n) fills shorter values up with zeros: bytes that were not there.
function hexBytes(exactly: number | undefined) {
  return (value: Buffer): Buffer | undefined => {
    if (value[0] !== 0x5c || value[1] !== 0x78) return undefined;
    const bytes = unhex(value.toString("latin1", 2));
    return exactly !== undefined && bytes?.length !== exactly ? undefined : bytes;
  };
}

// Buffer.from stops at the first character that is no digit, without a word.
function unhex(digits: string): Buffer | undefined {
  const bytes = Buffer.from(digits, "hex");
  return 2 * bytes.length === digits.length ? bytes : undefined;
}

const systemFlag = 0x20000000;

/** The bytes of a geometry as MySQL stores it, out of (E)WKB in hex: the number of the reference system, then WKB. */
function storedGeometry(value: Buffer): Buffer | undefined {
  const wkb = unhex(value.toString("latin1"));
  if (wkb === undefined || wkb.length < 9 || wkb[0] !== 1) return undefined;
  const type = wkb.readUInt32LE(1);
  const hasSystem = (type & systemFlag) !== 0;
  const plainType = type & ~systemFlag;
  // Heights and measures are nothing that MySQL knows.
  if (plainType > 7) return undefined;
  const stored = Buffer.concat([Buffer.alloc(4), wkb.subarray(0, 5), wkb.subarray(hasSystem ? 9 : 5)]);
  stored.writeUInt32LE(hasSystem ? wkb.readUInt32LE(5) : 0, 0);
  stored.writeUInt32LE(plainType, 5);
  return stored;
}

function knownWords(base: "enum" | "set", databaseType: string) {
  const words = new Set(enumWords(databaseType));
  const isKnown = (text: string): boolean => words.has(text);
  return (value: Buffer): Buffer | undefined => {
    const text = value.toString();
    if (base === "enum") return isKnown(text) ? value : undefined;
    return text === "" || text.split(",").every(isKnown) ? value : undefined;
  };
}
