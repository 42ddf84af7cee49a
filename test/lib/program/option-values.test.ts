import { expect, it } from "vitest";
import { durationMs } from "../../../lib/program/option-values.js";

it("a time is a number with its unit, or 0", () => {
  expect(["500ms", "60s", "5m", "1h", "0", undefined].map((value) => durationMs("retry-for", value))).toEqual([
    500,
    60_000,
    300_000,
    3_600_000,
    0,
    undefined,
  ]);
});

it.each(["60", "1.5s", "-1s", "s", "", "1 m", "1d"])("%j is no time, and what would be one is said", (value) => {
  expect(() => durationMs("retry-for", value)).toThrow(
    `--retry-for takes a time such as 500ms, 60s or 5m, not "${value}"`,
  );
});
