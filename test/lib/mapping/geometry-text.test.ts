import fc from "fast-check";
import { expect, it } from "vitest";
import { geometryText } from "../../../lib/mapping/geometry-text.js";
import { createMysqlDatabase } from "../../support/mariadb.js";

const shapes = [
  "POINT(1 2)",
  "POINT(-0.1 1e-7)",
  "POINT(179.99999999999997 -90)",
  "LINESTRING(0 0,10 10,20 25)",
  "POLYGON((0 0,10 0,10 10,0 10,0 0))",
  "POLYGON((0 0,9 0,9 9,0 9,0 0),(3 3,4 3,4 4,3 4,3 3))",
  "MULTIPOINT(0 0,20 20)",
  "MULTILINESTRING((10 48,10 21),(16 0,16 23))",
  "MULTIPOLYGON(((28 26,28 0,84 0,28 26)),((59 18,67 18,59 13,59 18)))",
  "GEOMETRYCOLLECTION(POINT(0 0),LINESTRING(15 15,20 20),MULTIPOINT(1 1))",
];

it("gives each kind of geometry that a server knows in the words by which it makes the same bytes again", async () => {
  const database = await createMysqlDatabase();
  const bytesOf = async (words: string) =>
    (await database.query(`SELECT hex(ST_AsBinary(ST_GeomFromText('${words}'))) AS wkb`))[0]?.wkb ?? "";

  for (const shape of shapes) {
    const wkb = await bytesOf(shape);
    const words = geometryText(wkb) ?? "";
    expect(words).toBe(shape);
    expect(await bytesOf(words)).toBe(wkb);
  }
  await database.drop();
});

/** Bytes of numbers: `b` a byte, `i` an integer and `d` a double, of the order that the first byte of a geometry says. */
function bytes(isLittle: boolean, ...words: readonly (readonly ["b" | "i" | "d", number])[]): string {
  return words
    .map(([kind, value]) => {
      const buffer = Buffer.alloc({ b: 1, i: 4, d: 8 }[kind]);
      const view = new DataView(buffer.buffer, buffer.byteOffset);
      if (kind === "b") view.setUint8(0, value);
      else if (kind === "i") view.setUint32(0, value, isLittle);
      else view.setFloat64(0, value, isLittle);
      return buffer.toString("hex");
    })
    .join("");
}

function point(type: number, numbers: readonly number[], { isLittle = true, system = [] as readonly number[] } = {}) {
  const head = [["b", Number(isLittle)], ["i", type], ...system.map((srid) => ["i", srid] as const)] as const;
  return bytes(isLittle, ...head, ...numbers.map((number) => ["d", number] as const));
}

it("reads heights and measures as OGC and as PostGIS write them, in either byte order", () => {
  const numbers = [1, 2, 3];
  const texts = [0x80000001, 1001, 0x40000001, 2001].flatMap((type) =>
    [true, false].map((isLittle) => geometryText(point(type, numbers, { isLittle }))),
  );

  expect(texts).toEqual([...Array(4).fill("POINT(1 2 3)"), ...Array(4).fill("POINTM(1 2 3)")]);
  expect(geometryText(point(3001, [1, 2, 3, 4]))).toBe("POINT(1 2 3 4)");
  expect(geometryText(point(0xe0000001, [1, 2, 3, 4], { system: [4326] }))).toBe("SRID=4326;POINT(1 2 3 4)");
});

it("names the reference system of the geometry, else the one that is given", () => {
  const without = point(1, [1, 2]);
  const within = point(0x20000001, [1, 2], { system: [21037] });

  expect([geometryText(without), geometryText(without, 4326)]).toEqual(["POINT(1 2)", "SRID=4326;POINT(1 2)"]);
  expect([geometryText(within), geometryText(within, 4326)]).toEqual(Array(2).fill("SRID=21037;POINT(1 2)"));
});

it("keeps a geometry without a place, and the sign of a zero", () => {
  expect(geometryText(point(1, [Number.NaN, Number.NaN]))).toBe("POINT EMPTY");
  expect(geometryText(bytes(true, ["b", 1], ["i", 3], ["i", 0]))).toBe("POLYGON EMPTY");
  expect(geometryText(`${bytes(true, ["b", 1], ["i", 4], ["i", 1])}${point(1, [Number.NaN, Number.NaN])}`)).toBe(
    "MULTIPOINT(EMPTY)",
  );
  expect(geometryText(point(1, [-0, 0]))).toBe("POINT(-0 0)");
});

it("reads the hex that the files hold, with \\x in front or without, in capitals or not", () => {
  const hex = point(1, [0.1, 171]);

  expect([hex, hex.toUpperCase(), `\\x${hex}`].map((text) => geometryText(text))).toEqual(
    Array(3).fill("POINT(0.1 171)"),
  );
});

it("names the parts of a collection, and collections in it", () => {
  const inner = `${bytes(false, ["b", 0], ["i", 2007], ["i", 1])}${point(2001, [1, 2, 3])}`;

  expect(geometryText(`${bytes(true, ["b", 1], ["i", 2007], ["i", 2])}${inner}${point(2001, [4, 5, 6])}`)).toBe(
    "GEOMETRYCOLLECTIONM(GEOMETRYCOLLECTIONM(POINTM(1 2 3)),POINTM(4 5 6))",
  );
});

const whole = point(1, [1, 2]);
const collectionHead = bytes(true, ["b", 1], ["i", 7], ["i", 1]);
it.each([
  ["nothing", ""],
  ["words", "POINT(1 2)"],
  ["half a byte", whole.slice(1)],
  ["one byte too many", `${whole}00`],
  ["a byte order there is not", `02${whole.slice(2)}`],
  ["a kind there is not", point(8, [1, 2])],
  ["dimensions there are not", point(4001, [1, 2])],
  ["a number that is none", point(1, [1, Number.NaN])],
  ["an infinite one", point(1, [1, Number.POSITIVE_INFINITY])],
  ["more points promised than come", bytes(true, ["b", 1], ["i", 2], ["i", 0xffffffff], ["d", 1], ["d", 2])],
  ["a part of another kind", `${bytes(true, ["b", 1], ["i", 5], ["i", 1])}${whole}`],
  ["a part of other dimensions", `${collectionHead}${point(1001, [1, 2, 3])}`],
  ["a part in another reference system", `${collectionHead}${point(0x20000001, [1, 2], { system: [4326] })}`],
  ["collections without end", `${collectionHead.repeat(100_000)}${whole}`],
])("gives no words to %s", (_, hex) => {
  expect(geometryText(hex)).toBeUndefined();
});

it("gives no words to any geometry that was cut off", () => {
  const line = bytes(true, ["b", 1], ["i", 2], ["i", 2], ["d", 1], ["d", 2], ["d", 3], ["d", 4]);
  for (let length = 0; length < line.length; length += 1) expect(geometryText(line.slice(0, length))).toBeUndefined();
  expect(geometryText(line)).toBe("LINESTRING(1 2,3 4)");
});

it("reads each number back as it was", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(number, number, (x, y) => {
      const [, ...found] = /^POINT\((\S+) (\S+)\)$/.exec(geometryText(point(1, [x, y])) ?? "") ?? [];
      expect(found.map(Number)).toEqual([x, y]);
    }),
  );
});

it("answers any bytes at all", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      const hex = Buffer.from(any).toString("hex");
      expect(["string", "undefined"]).toContain(typeof geometryText(hex));
    }),
  );
});
