import { describe, expect, it } from "vitest";
import { parseYaml } from "../../../lib/mapping/yaml-file.js";

const read = (text: string | Buffer) => parseYaml({ path: "a.yaml", content: Buffer.from(text) });

const faults = (text: string | Buffer): readonly string[] =>
  read(text).problems.map(({ file, line, text }) => `${file}:${line}: ${text}`);

describe("values", () => {
  it("scalars are their source text, and only a plain null is null", () => {
    const { value } = read(
      "a: NO\nb: 1.10\nc: 0123\nd: 00501\ne: ~\nf:\ng: 'null'\nh: NULL\ni: 0x1F\nj: 2024-02-29\nk: 1e3\nl: 12:30:45\nm: \"\"\n",
    );

    expect(Object.fromEntries(value instanceof Map ? value : [])).toEqual({
      ...{ a: "NO", b: "1.10", c: "0123", d: "00501", e: null, f: null, g: "null", h: null, i: "0x1F" },
      ...{ j: "2024-02-29", k: "1e3", l: "12:30:45", m: "" },
    });
  });

  it("a %YAML 1.1 line and a merge key change nothing of that", () => {
    const { value } = read("%YAML 1.1\n---\na: yes\n<<: { b: 010 }\n");

    expect(value).toEqual(
      new Map<string, unknown>([
        ["a", "yes"],
        ["<<", new Map([["b", "010"]])],
      ]),
    );
  });

  it("keys are text, in the order of the file", () => {
    const { value } = read("b: 1\n101: 2\na: 3\n10: 4\n__proto__: 5\n~: 6\n");

    expect([...(value instanceof Map ? value.keys() : [])]).toEqual(["b", "101", "a", "10", "__proto__", null]);
  });
});

describe("lines", () => {
  it("a path has the line of its key, or of what would hold it", () => {
    const { lineOf } = read("# first\na:\n  b: |\n    text\n  c:\n    - x\n    - y\n");

    expect([["a"], ["a", "b"], ["a", "c", 1], ["a", "nothing"], ["nothing"]].map(lineOf)).toEqual([2, 3, 7, 2, 2]);
  });
});

describe("faults", () => {
  it.each([
    ["a: 1\nb: 2\na: 3\n", 'a.yaml:3: key "a" stands twice, first on line 1'],
    ["a: &x 1\nb: *x\n", "a.yaml:2: an alias (*) is not followed"],
    ["a:\n\tb: 1\n", "a.yaml:2: Tabs are not allowed as indentation"],
    ["a: 1\nb: !!binary aGk=\n", "a.yaml:2: the tag !!binary is not followed"],
    ["!!binary aGk=: 1\n", "a.yaml:1: the tag !!binary is not followed"],
    ["a: !!set {x, y}\n", "a.yaml:1: the tag !!set is not followed"],
    ["a: !secret x\n", "a.yaml:1: Unresolved tag: !secret"],
    ["a: 1\n---\nb: 2\n", "a.yaml:2: a second YAML document begins"],
    ["? [a]\n: 1\n", "a.yaml:1: a key is a list or a map"],
    ['a: "x\\0y"\n', "a.yaml:1: a text holds U+0000 or half a surrogate pair"],
    ["a: [1\n", expect.stringMatching(/^a\.yaml:\d: /)],
  ])("%j", (text, fault) => {
    expect(faults(text)).toContainEqual(fault);
  });

  it("bytes that are not UTF-8 are refused", () => {
    expect(faults(Buffer.from("a: \xe9\n", "latin1"))).toEqual(["a.yaml:1: the file is not UTF-8"]);
  });

  it("a bomb of aliases is not set off", () => {
    const bomb = [
      "a: &a [x, x]",
      ...["b", "c", "d", "e"].map((key, index) => `${key}: &${key} [*${"abcd"[index]}, *${"abcd"[index]}]`),
    ];

    expect(faults(bomb.join("\n")).length).toBeGreaterThan(0);
  });

  it.each([
    ["lists", "[".repeat(20_000)],
    ["maps", "{a: ".repeat(20_000)],
    ["dashes", "- ".repeat(20_000)],
    ["lines", Array.from({ length: 500 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
  ])("twenty thousand nested %s are refused, and do not end the process", (_, text) => {
    expect(faults(text)).toEqual([expect.stringMatching(/^a\.yaml:\d+: nested deeper than 64 levels$/)]);
  });

  it("a hundred thousand keys are read in linear time", () => {
    const { value } = read(Array.from({ length: 100_000 }, (_, index) => `k${index}: v`).join("\n"));

    expect(value instanceof Map ? value.size : 0).toBe(100_000);
  });
});
