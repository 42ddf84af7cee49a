import { expect, it } from "vitest";
import type { CsvValue } from "../../../lib/model/csv-dialect.js";
import { reject, rejectionReason } from "../../../lib/steps/authoring.js";
import type { StepView } from "../../../lib/steps/step-layout.js";
import { takeColumns, wordFor } from "../../../lib/steps/step-result.js";

const view: StepView = {
  index: 0,
  file: "steps/step.ts",
  sees: [
    ["id", 0],
    ["name", 1],
  ],
  makes: [
    ["score", 2],
    ["name", 3],
  ],
};
const row = { id: "1", name: "Abe" };

function taken(result: Readonly<Record<string, unknown>>, code = "") {
  const values: CsvValue[] = ["1", "Abe", null, null];
  takeColumns(result, { view, values, row, code });
  return values;
}

it("what a step makes goes to its own places, beside what the source says", () => {
  expect(taken({ ...row, score: "", name: null })).toEqual(["1", "Abe", "", null]);
});

it.each([
  ["no value", { score: "1" }, 'gave no value for column "name"'],
  ["a number", { score: 1, name: "x" }, 'gave a number for column "score"'],
  ["undefined", { score: undefined, name: "x" }, 'gave undefined for column "score"'],
  ["half a character", { score: "\ud800", name: "x" }, "no Unicode"],
  ["another key", { score: "1", name: "x", id: "2" }, 'changed column "id", which replaces: does not name'],
  ["a column of its own", { score: "1", name: "x", grade: "A" }, "gave a column that adds: does not name"],
])("a step that gives %s is refused", (_, result, text) => {
  expect(() => taken(result)).toThrow(text);
});

it("a column too many is named only where its name stands in the step's code", () => {
  const result = { score: "1", name: "x", grade: "A" };

  expect(() => taken(result, "return { grade: 'A' }")).toThrow('gave a column "grade" that adds:');
});

it("a rejection is told from a row by a symbol, whatever columns the row has", () => {
  expect(rejectionReason(reject("too old"))).toBe("too old");
  expect(rejectionReason({ reason: "x", "waybill.rejection": "x" })).toBeUndefined();
});

it("values are told by what they are", () => {
  expect([null, [], {}, Promise.resolve(), true, "x"].map(wordFor)).toEqual([
    "null",
    "a list",
    "an object",
    "a Promise",
    "a boolean",
    "a string",
  ]);
});
