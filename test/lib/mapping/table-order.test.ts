import { expect, it } from "vitest";
import { parentsOf } from "../../../lib/mapping/choose-tables.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { filesOf } from "./specification-fixture.js";

/** Tables that refer to these others by their id, in the order in which they are mapped. */
function ordered(references: Readonly<Record<string, readonly string[]>>) {
  const files = Object.entries(references).map(([name, parents]): [string, string] => {
    const tests = parents.map((parent) => `  - relationships: { column: to_${parent}, to: ${parent}.id }`);
    const columns = ["id: people", ...parents.map((parent) => `to_${parent}: people`)].join(", ");
    const expected = tests.length === 0 ? "" : `expect:\n${tests.join("\n")}\n`;
    return [`${name}.yaml`, `table: ${name}\nfrom: people\ncolumns: { ${columns} }\n${expected}`];
  });
  return parseMigration(filesOf(Object.fromEntries(files))).tables;
}

it("parents come before children, and by name where nothing else decides", () => {
  const tables = ordered({ a: ["c"], b: [], c: ["d"], d: [] });

  expect(tables.map(({ name }) => name)).toEqual(["b", "d", "c", "a"]);
  expect(tables.map(({ ring }) => ring)).toEqual([["b"], ["d"], ["c"], ["a"]]);
});

it("tables that refer to one another come together, after the parents of any and before the children of any", () => {
  const tables = ordered({ a: ["x"], z: ["y"], y: ["x", "w"], x: ["z"], w: [], b: ["b"] });

  expect(tables.map(({ name }) => name)).toEqual(["b", "w", "x", "y", "z", "a"]);
  expect(tables.map(({ ring }) => ring.join())).toEqual(["b", "w", "x,y,z", "x,y,z", "x,y,z", "a"]);
  expect(tables.map(parentsOf)).toEqual([[], [], [], ["w"], [], ["x"]]);
});

it("two rings that share a table are one", () => {
  const tables = ordered({ a: ["b"], b: ["a", "c"], c: ["b"] });

  expect(tables.map(({ ring }) => ring.join())).toEqual(["a,b,c", "a,b,c", "a,b,c"]);
});
