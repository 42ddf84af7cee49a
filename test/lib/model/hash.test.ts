import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, hashOf, type Json, sha256 } from "../../../lib/model/hash.js";

it("writes equal values as equal text, whatever order their members were made in", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(reversed(value as Json))).toBe(canonicalJson(value as Json));
    }),
  );
});

it("loses no value, and holds no clock, blank or line feed of its own", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
});

it("sorts members by their code units, as no locale does", () => {
  expect(canonicalJson({ z: 1, ä: 2, Z: 3, a: 4 })).toBe('{"Z":3,"a":4,"z":1,"ä":2}');
});

it("gives different values different hashes", () => {
  expect(hashOf({ a: "1" })).not.toBe(hashOf({ a: 1 }));
  expect(sha256("abc")).toBe("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, reversed(member ?? null)]),
  );
}
