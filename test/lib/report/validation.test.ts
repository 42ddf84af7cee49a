import { expect, it } from "vitest";
import { StageError } from "../../../lib/model/errors.js";
import { parseValidation } from "../../../lib/report/validation.js";

const report = {
  format: { name: "waybill-validation", version: 1 },
  migration: "M-1",
  title: "",
  specification: "sha256:0",
  verdict: "passed",
  notValidated: [],
  snapshots: [],
  mixedSnapshots: false,
  oneMoment: true,
  summary: { passed: 0, warned: 0, failed: 0, skipped: 0, sampled: 0 },
  tables: [],
};

it("reads what validate writes, and over what a later one adds", () => {
  expect(parseValidation(JSON.stringify({ ...report, inventedLater: 1 }), "report.json")).toEqual(report);
});

it.each([
  ["no JSON", "{", "it is other JSON, or none"],
  ["another version", { ...report, format: { name: "waybill-validation", version: 2 } }, "format.version is"],
  ["a verdict nobody gives", { ...report, verdict: "splendid" }, "verdict is missing or of another kind"],
  ["half of it", { ...report, summary: undefined }, "summary is missing or of another kind"],
])("refuses %s with 65 and says where, without what stands there", (_, content, message) => {
  const text = typeof content === "string" ? content : JSON.stringify(content);

  expect(() => parseValidation(text, "report.json")).toThrow(StageError);
  expect(() => parseValidation(text, "report.json")).toThrow(message);
  expect(() => parseValidation(text, "report.json")).not.toThrow("splendid");
});
