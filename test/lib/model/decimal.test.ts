import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBeyond } from "../../../lib/model/decimal.js";

describe("two figures", () => {
  it.each([
    ["100", "100.00", 0, false],
    ["100", "100.01", 0, true],
    ["100", "99.5", 0.5, false],
    ["100", "99.49", 0.5, true],
    ["-100", "-100.5", 0.5, false],
    ["0", "0", 5, false],
    ["0", "0.0001", 5, true],
    ["1e3", "1000", 0, false],
    ["0.3", "0.30000000000000004", 0, true],
    ["12345678901234567890.01", "12345678901234567890.02", 0, true],
    ["12345678901234567890.01", "12345678901234567890.02", 0.0001, false],
  ])("%s and %s within %s %%: beyond is %s", (expected, actual, percent, beyond) => {
    expect(isBeyond(expected, actual, percent)).toBe(beyond);
  });

  it.each([
    ["", "1"],
    ["1", "NaN"],
    ["Infinity", "1"],
    ["1e99999999", "1"],
    ["12 %", "12"],
  ])("%j and %j are not both numbers", (a, b) => {
    expect(isBeyond(a, b, 0)).toBeUndefined();
  });

  it("are never beyond when they are one number, and always when whole numbers differ and nothing is allowed", () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (left, right) => {
        expect(isBeyond(String(left), `${left}.000`, 0)).toBe(false);
        expect(isBeyond(String(left), String(right), 0)).toBe(left !== right);
      }),
    );
  });
});
