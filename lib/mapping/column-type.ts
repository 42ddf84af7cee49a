import { nearest } from "../model/nearest.js";

/** A target column's type as somebody writes it: `numeric(12,2) not null`. */
export interface ColumnType {
  /** The type alone, as messages show it: `numeric(12,2)`. */
  readonly text: string;
  readonly kind: TypeKind;
  readonly isNullable: boolean;
  /** The target fills the column in where the mapping does not. */
  readonly hasDefault: boolean;
}

/** What a type holds. */
export type TypeKind =
  | { readonly kind: "any" }
  | { readonly kind: "integer"; readonly least: bigint; readonly most: bigint }
  | { readonly kind: "decimal"; readonly whole: number | undefined; readonly scale: number | undefined }
  | { readonly kind: "float"; readonly bits: 32 | 64 }
  | { readonly kind: "text"; readonly characters: number | undefined }
  | { readonly kind: "boolean" | "date" | "uuid" | "json" | "jsonb" | "bytea" }
  | { readonly kind: "timestamp"; readonly digits: number; readonly hasZone: boolean }
  | { readonly kind: "time"; readonly digits: number }
  | { readonly kind: "enum"; readonly words: readonly string[] };

/** A complaint about a type, and its cure. */
export interface TypeFault {
  readonly text: string;
  readonly hint: string;
}

const suffix = / (not null|default)$/i;

/** Reads a type with `not null` and `default` behind it, or says what is wrong with it. */
export function readColumnType(written: string): ColumnType | TypeFault {
  const words: string[] = [];
  let text = written.trim().replace(/\s+/g, " ");
  for (let found = suffix.exec(text); found !== null; found = suffix.exec(text)) {
    words.push((found[1] ?? "").toLowerCase());
    text = text.slice(0, found.index);
  }
  const kind = kindOf(text);
  if ("hint" in kind) return kind;
  return { text, kind, isNullable: !words.includes("not null"), hasDefault: words.includes("default") };
}

/** `numeric(12,2)`, `timestamp(3) with time zone`, `int unsigned`. */
const shape = /^([a-z][a-z0-9 ]*?) ?(?:\((.*)\))? ?((?:with|without) time zone|unsigned)?$/i;

function kindOf(text: string): TypeKind | TypeFault {
  const [, name, args, end] = shape.exec(text) ?? [];
  if (name === undefined) return unknownType(text);
  const word = [name, end].flatMap((part) => part?.toLowerCase() ?? []).join(" ");
  if (word === "enum") return enumOf(text, args);
  const make = types.get(word);
  if (make === undefined) return unknownType(text);
  const numbers = args === undefined ? [] : args.split(",").map((arg) => arg.trim());
  if (numbers.some((arg) => !/^\d{1,9}$/.test(arg))) return badArguments(text);
  return make(numbers.map(Number)) ?? badArguments(text);
}

function unknownType(text: string): TypeFault {
  const meant = nearest(text.replace(/\(.*/, ""), types.keys());
  return {
    text: `unknown type ${JSON.stringify(text)}${meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`}`,
    hint: text.includes("(")
      ? `the types: ${[...types.keys()].join(", ")}, enum(a, b); inside { } put a type with commas into quotes`
      : `the types: ${[...types.keys()].join(", ")}, enum(a, b); any is not checked`,
  };
}

const badArguments = (text: string): TypeFault => ({
  text: `${JSON.stringify(text)} has numbers that its type does not take`,
  hint: "for example varchar(80), numeric(12,2), timestamp(3)",
});

function enumOf(text: string, args = ""): TypeKind | TypeFault {
  const words = [...args.matchAll(/\s*(?:'((?:[^']|'')*)'|([^,']+))\s*(?:,|$)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll("''", "'") ?? (plain ?? "").trim(),
  );
  if (words.length > 0) return { kind: "enum", words };
  return { text: `${JSON.stringify(text)} has no words`, hint: "write enum(new, open, closed)" };
}

type Make = (args: readonly number[]) => TypeKind | undefined;

/** A type that takes no numbers. */
const plain =
  (kind: TypeKind): Make =>
  (args) =>
    args.length === 0 ? kind : undefined;

// MySQL writes a width for display behind its whole numbers: int(11).
const whole =
  (bits: number, isSigned: boolean): Make =>
  () => {
    const values = 1n << BigInt(bits);
    return isSigned
      ? { kind: "integer", least: -values / 2n, most: values / 2n - 1n }
      : { kind: "integer", least: 0n, most: values - 1n };
  };

const decimal: Make = ([precision, scale = 0, ...more]) => {
  if (precision === undefined) return { kind: "decimal", whole: undefined, scale: undefined };
  const fits = precision > 0 && precision <= 1000 && scale <= precision && more.length === 0;
  return fits ? { kind: "decimal", whole: precision - scale, scale } : undefined;
};

const characters =
  (most?: number): Make =>
  ([length = most, ...more]) =>
    length === 0 || more.length > 0 ? undefined : { kind: "text", characters: length };

/** Seconds keep six digits of a fraction, or as many as the type says. */
const clock =
  (make: (digits: number) => TypeKind): Make =>
  ([digits = 6, ...more]) =>
    digits > 6 || more.length > 0 ? undefined : make(digits);

const timestamp = (hasZone: boolean): Make => clock((digits) => ({ kind: "timestamp", digits, hasZone }));
const time = clock((digits) => ({ kind: "time", digits }));

const wholeNumbers: readonly (readonly [string, number])[] = [
  ["tinyint", 8],
  ["smallint", 16],
  ["int2", 16],
  ["mediumint", 24],
  ["integer", 32],
  ["int", 32],
  ["int4", 32],
  ["bigint", 64],
  ["int8", 64],
];

/** Every type by the names PostgreSQL and MySQL give it. */
const types: ReadonlyMap<string, Make> = new Map<string, Make>([
  ...wholeNumbers.flatMap(([name, bits]): readonly [string, Make][] => [
    [name, whole(bits, true)],
    [`${name} unsigned`, whole(bits, false)],
  ]),
  ["numeric", decimal],
  ["decimal", decimal],
  ["real", plain({ kind: "float", bits: 32 })],
  ["float4", plain({ kind: "float", bits: 32 })],
  ["double precision", plain({ kind: "float", bits: 64 })],
  ["double", plain({ kind: "float", bits: 64 })],
  ["float8", plain({ kind: "float", bits: 64 })],
  ["boolean", plain({ kind: "boolean" })],
  ["bool", plain({ kind: "boolean" })],
  ["varchar", characters()],
  ["character varying", characters()],
  ["char", characters(1)],
  ["character", characters(1)],
  ["text", plain({ kind: "text", characters: undefined })],
  ["date", plain({ kind: "date" })],
  ["timestamp", timestamp(false)],
  ["timestamp without time zone", timestamp(false)],
  ["datetime", timestamp(false)],
  ["timestamptz", timestamp(true)],
  ["timestamp with time zone", timestamp(true)],
  ["time", time],
  ["time without time zone", time],
  ["uuid", plain({ kind: "uuid" })],
  ["json", plain({ kind: "json" })],
  ["jsonb", plain({ kind: "jsonb" })],
  ["bytea", plain({ kind: "bytea" })],
  ["any", plain({ kind: "any" })],
]);
