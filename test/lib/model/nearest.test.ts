import { expect, it } from "vitest";
import { nearest } from "../../../lib/model/nearest.js";

it("finds the name that was meant, and none where nothing is like it", () => {
  const names = ["beneficiaries", "distributions", "programmes"];

  expect(nearest("benficiarys", names)).toBe("beneficiaries");
  expect(nearest("PROGRAMMES", names)).toBe("programmes");
  expect(nearest("warehouse", names)).toBeUndefined();
  expect(nearest("anything", [])).toBeUndefined();
});
