import fc from "fast-check";
import { expect, it } from "vitest";
import { findInJson, isJson, type JsonStep, parseJsonPath } from "../../../lib/mapping/json-text.js";

it.each([
  ["$", []],
  ["$.a.b-c_9", ["a", "b-c_9"]],
  ["$.é[0][12]", ["é", 0, 12]],
  ['$."a b"."c.d"."\\"\\u0041"', ["a b", "c.d", '"A']],
  ["$.0", ["0"]],
])("%s is a path", (path, steps) => {
  expect(parseJsonPath(path)).toEqual(steps);
});

it.each([
  "",
  "a",
  "$a",
  "$.",
  "$..a",
  "$.a b",
  "$[*]",
  "$.*",
  "$[-1]",
  "$[a]",
  "$['a']",
  "$.a.",
  '$."a',
  '$."\\x"',
  "$.a\n",
  "$[9999999999]",
])("%j is no path", (path) => {
  expect(parseJsonPath(path)).toBeUndefined();
});

it.each(["{}", " [1] ", "1E400", "-0", '"\\ud800"', "null", "[".repeat(50_000) + "]".repeat(50_000)])(
  "%.20s is JSON",
  (text) => {
    expect(isJson(text)).toBe(true);
  },
);

it.each([
  "",
  " ",
  "NaN",
  "[1,]",
  "{'a':1}",
  "{a:1}",
  "// x\n1",
  "01",
  "+1",
  ".5",
  "1 2",
  "\ufeff1",
  "\u00a01",
  '"\n"',
  "TRUE",
])("%j is no JSON", (text) => {
  expect(isJson(text)).toBe(false);
});

it("every value of any JSON is found on its way, whatever stands before it and around it", () => {
  const members = (value: unknown): readonly (readonly [JsonStep, unknown])[] => {
    if (Array.isArray(value)) return value.map((one, at) => [at, one]);
    return typeof value === "object" && value !== null ? Object.entries(value) : [];
  };
  const visit = (json: string, value: unknown, way: readonly JsonStep[]): void => {
    const found = findInJson(json, way);
    if (value === null) expect(found).toEqual({ kind: "absent" });
    else if (typeof value === "string") expect(found).toEqual({ kind: "found", text: value });
    else expect(found.kind === "found" && JSON.parse(found.text)).toEqual(value);
    for (const [step, inner] of members(value)) visit(json, inner, [...way, step]);
  };

  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(undefined, 1, "\t\r\n"), (value, indent) => {
      const json = JSON.stringify(value, null, indent === "\t\r\n" ? "\t" : indent).replaceAll(
        "\n",
        indent === undefined ? "\n" : "\r\n",
      );
      visit(json, JSON.parse(json), []);
    }),
  );
});
