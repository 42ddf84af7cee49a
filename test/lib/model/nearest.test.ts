import { expect, it } from "vitest";
import { didYouMean, nearest } from "../../../lib/model/nearest.js";

it("finds the name that was meant, and none where nothing is like it", () => {
  const names = ["beneficiaries", "distributions", "programmes"];

  expect(nearest("benficiarys", names)).toBe("beneficiaries");
  expect(nearest("PROGRAMMES", names)).toBe("programmes");
  expect(nearest("warehouse", names)).toBeUndefined();
  expect(nearest("anything", [])).toBeUndefined();
});
it.each([
  ["colums", "columns"],
  ["Columns", "columns"],
  ["tabel", "table"],
  ["othrewise", "otherwise"],
])("%s is near to %s", (word, meant) => {
  expect(nearest(word, ["filter", "table", "otherwise", "columns"])).toBe(meant);
});

it("a word that is near to none gets no suggestion", () => {
  expect(didYouMean("query", ["table", "columns"])).toBe("");
});
