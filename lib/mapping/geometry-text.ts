/** What stands in the bytes is cut off, goes on after its end, or has no words in EWKT. */
class Unreadable extends Error {}

/** The kinds of geometry, from 1 on as OGC Simple Features numbers them (06-103r4, section 8.2); curves and surfaces are left out. */
const kinds = [
  "POINT",
  "LINESTRING",
  "POLYGON",
  "MULTIPOINT",
  "MULTILINESTRING",
  "MULTIPOLYGON",
  "GEOMETRYCOLLECTION",
] as const;

type Kind = (typeof kinds)[number];

/** By these PostGIS marks the type of EWKB; OGC adds 1000 for Z, 2000 for M and 3000 for both. */
const flags = { z: 0x80000000, m: 0x40000000, system: 0x20000000 } as const;

/** Collections within collections: more are nobody's data, and would end in a stack that overflows. */
const deepest = 32;

const empty = "EMPTY";

/** Numbers and geometries as they stand one after another in WKB. */
interface Reader {
  byte(): number;
  uint32(isLittle: boolean): number;
  double(isLittle: boolean): number;
  isAtEnd(): boolean;
}

interface Header {
  readonly kind: Kind;
  readonly hasZ: boolean;
  readonly hasM: boolean;
  readonly isLittle: boolean;
  /** The reference system, where the geometry names one. */
  readonly system: number | undefined;
}

/**
 * The EWKT of a geometry whose WKB or EWKB stands in `hex`: `SRID=4326;POINT(36.8 -1.3)`, each number the shortest text
 * that reads back the same; `srid` is the reference system of a geometry that names none. Undefined where the text is no
 * such geometry, whole. Read are OGC's WKB and PostGIS's EWKB, in either byte order, with Z and M.
 */
export function geometryText(hex: string, srid?: number): string | undefined {
  const digits = hex.startsWith("\\x") ? hex.slice(2) : hex;
  if (digits.length % 2 > 0 || !/^[\dA-Fa-f]+$/.test(digits)) return undefined;
  const reader = readerOf(Buffer.from(digits, "hex"));
  try {
    const header = headerOf(reader);
    const text = `${nameOf(header)}${bodyOf(reader, header, 0)}`;
    const system = header.system ?? srid;
    if (!reader.isAtEnd()) return undefined;
    return system === undefined ? text : `SRID=${system};${text}`;
  } catch (error) {
    // A DataView throws a RangeError where bytes are missing.
    if (error instanceof Unreadable || error instanceof RangeError) return undefined;
    throw error;
  }
}

function readerOf(bytes: Buffer): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const next = (length: number): number => {
    at += length;
    return at - length;
  };
  return {
    byte: () => view.getUint8(next(1)),
    uint32: (isLittle) => view.getUint32(next(4), isLittle),
    double: (isLittle) => view.getFloat64(next(8), isLittle),
    isAtEnd: () => at === bytes.length,
  };
}

function headerOf(reader: Reader): Header {
  const order = reader.byte();
  if (order > 1) throw new Unreadable();
  const isLittle = order === 1;
  const type = reader.uint32(isLittle);
  const number = type & ~(flags.z | flags.m | flags.system);
  const [dimensions, kind] = [Math.floor(number / 1000), kinds[(number % 1000) - 1]];
  if (kind === undefined || dimensions > 3) throw new Unreadable();
  const has = (flag: number) => (type & flag) !== 0;
  return {
    kind,
    hasZ: has(flags.z) || dimensions === 1 || dimensions === 3,
    hasM: has(flags.m) || dimensions >= 2,
    isLittle,
    system: has(flags.system) ? reader.uint32(isLittle) : undefined,
  };
}

// Three numbers alone are X, Y and Z: where the third is M, the name says so, and no other name says anything.
function nameOf({ kind, hasZ, hasM }: Header): string {
  return hasM && !hasZ ? `${kind}M` : kind;
}

/** What stands behind the name. */
function bodyOf(reader: Reader, header: Header, depth: number): string {
  const { kind, isLittle } = header;
  switch (kind) {
    case "POINT":
      return pointText(pointOf(reader, header));
    case "LINESTRING":
      return listed(reader, isLittle, () => position(reader, header));
    case "POLYGON":
      return listed(reader, isLittle, () => listed(reader, isLittle, () => position(reader, header)));
    case "MULTIPOINT":
      // MariaDB reads no parentheses around these points; MySQL and PostGIS read them with and without.
      return listed(reader, isLittle, () => pointOf(reader, partOf(reader, header, "POINT")));
    case "MULTILINESTRING":
      return listed(reader, isLittle, () => bodyOf(reader, partOf(reader, header, "LINESTRING"), depth));
    case "MULTIPOLYGON":
      return listed(reader, isLittle, () => bodyOf(reader, partOf(reader, header, "POLYGON"), depth));
    case "GEOMETRYCOLLECTION":
      if (depth === deepest) throw new Unreadable();
      return listed(reader, isLittle, () => {
        const part = partOf(reader, header);
        return `${nameOf(part)}${bodyOf(reader, part, depth + 1)}`;
      });
    default:
      return kind satisfies never;
  }
}

function listed(reader: Reader, isLittle: boolean, next: () => string): string {
  const count = reader.uint32(isLittle);
  const parts: string[] = [];
  for (let number = 0; number < count; number += 1) parts.push(next());
  return count === 0 ? ` ${empty}` : `(${parts.map((part) => part.trimStart()).join(",")})`;
}

// EWKT has words neither for parts of other dimensions or another reference system, nor for parts of another kind.
function partOf(reader: Reader, whole: Header, kind?: Kind): Header {
  const part = headerOf(reader);
  const isAlike = part.hasZ === whole.hasZ && part.hasM === whole.hasM;
  const isElsewhere = part.system !== undefined && part.system !== whole.system;
  if (!isAlike || isElsewhere || (kind !== undefined && part.kind !== kind)) throw new Unreadable();
  return part;
}

// A point without a place is written as one at NaN.
function pointOf(reader: Reader, header: Header): string {
  const numbers = numbersOf(reader, header);
  return numbers.every(Number.isNaN) ? empty : spoken(numbers);
}

function pointText(numbers: string): string {
  return numbers === empty ? ` ${empty}` : `(${numbers})`;
}

function position(reader: Reader, header: Header): string {
  return spoken(numbersOf(reader, header));
}

function numbersOf(reader: Reader, { hasZ, hasM, isLittle }: Header): readonly number[] {
  return Array.from({ length: 2 + Number(hasZ) + Number(hasM) }, () => reader.double(isLittle));
}

function spoken(numbers: readonly number[]): string {
  if (!numbers.every(Number.isFinite)) throw new Unreadable();
  return numbers.map((number) => (Object.is(number, -0) ? "-0" : String(number))).join(" ");
}
