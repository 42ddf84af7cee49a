import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { assertNamesFree, type Danfo, makeFrame, rowsOfFrame } from "../../../lib/steps/frames.js";
import type { StepView } from "../../../lib/steps/step-layout.js";

const danfo = fileURLToPath(new URL("../../../dist/vendor/danfo.cjs", import.meta.url));
const library: Danfo = createRequire(danfo)(danfo);
const seeing = (...names: readonly string[]): StepView => ({
  index: 0,
  file: "steps/step.ts",
  sees: names.map((name, at) => [name, at]),
  makes: [],
});
const frameOf = (columns: readonly string[], values: readonly (readonly unknown[])[]) => ({
  columns,
  values,
  shape: [values.length, columns.length],
});
const rowsOf = (frame: unknown, known: readonly number[]) => [...rowsOfFrame(frame, new Set(known))];

it("rows go through a frame as they are: NULL, empty text and what looks like a number or NaN", () => {
  const rows = [
    ["007", null],
    ["left out", "x"],
    ["NaN", ""],
    ["1e3", "\\N"],
  ];

  const frame = makeFrame(library, seeing("code", "note"), { rows, seen: [0, 2, 3] });

  expect(rowsOf(frame, [0, 2, 3])).toEqual([
    { row: 0, columns: { code: "007", note: null } },
    { row: 2, columns: { code: "NaN", note: "" } },
    { row: 3, columns: { code: "1e3", note: "\\N" } },
  ]);
});

it("a column that a DataFrame has no room for is refused, by its name", () => {
  expect(() => assertNamesFree(library, seeing("id", "values"))).toThrow('cannot see column "values"');
  expect(() => assertNamesFree(library, seeing("_row"))).toThrow("needs the name _row");
  expect(() => assertNamesFree(library, seeing("id", "name"))).not.toThrow();
});

it("missing values are NULL, and _row may be text where a frame was merged", () => {
  expect(
    rowsOf(
      frameOf(
        ["_row", "a"],
        [
          ["1", Number.NaN],
          [0, undefined],
        ],
      ),
      [0, 1],
    ),
  ).toEqual([
    { row: 1, columns: { a: null } },
    { row: 0, columns: { a: null } },
  ]);
});

it.each([
  ["a row twice", frameOf(["_row"], [[0], [0]]), "gave a row twice"],
  ["a row made up", frameOf(["_row"], [[7]]), "none of those it was given"],
  ["half a row", frameOf(["_row"], [[0.5]]), "none of those it was given"],
  ["no _row", frameOf(["a"], [["x"]]), "without the column _row"],
  ["two columns of one name", frameOf(["_row", "a", "a"], [[0, "x", "y"]]), "two columns of one name"],
  ["a promise", Promise.resolve(), "gave a Promise instead of a DataFrame"],
  ["nothing", undefined, "gave undefined instead of a DataFrame"],
  ["a list", [], "no DataFrame"],
])("a frame step that gives %s is told so, without a value", (_, given, text) => {
  expect(() => rowsOf(given, [0])).toThrow(text);
});
