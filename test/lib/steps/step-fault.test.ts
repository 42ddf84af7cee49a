import { expect, it } from "vitest";
import { StepFault, thrownText } from "../../../lib/steps/step-fault.js";

const thrownAt = (error: Error) =>
  Object.assign(error, { stack: `${error.name}: …\n    at step (steps/deep/age.ts:12:7)` });

it("says what was thrown and where, its words only if they stand in the step's code", () => {
  const code = `throw new RangeError("no such age")`;

  expect(thrownText(thrownAt(new RangeError("no such age")), code)).toBe(
    "threw a RangeError: no such age (steps/deep/age.ts:12)",
  );
  expect(thrownText(thrownAt(new Error("Nakamura")), code)).toBe("threw an Error (steps/deep/age.ts:12)");
});

it("names the property that was missing, unless a value made its name", () => {
  const missing = new TypeError("Cannot read properties of undefined (reading 'trim')");

  expect(thrownText(missing, "row.name.trim()")).toContain("(reading 'trim')");
  expect(thrownText(missing, "table[row.name].x")).not.toContain("trim");
});

it("does not take a value for the name of an error, nor anything thrown for one", () => {
  expect(thrownText(Object.assign(new Error(""), { name: "Nakamura 12", stack: "" }), "")).toBe("threw an Error");
  expect(thrownText("Nakamura", "Nakamura")).toBe("threw something that is no Error");
  expect(thrownText(new StepFault("gave nothing"), "")).toBe("gave nothing");
});
