import { expect, it } from "vitest";
import { didYouMean, nearest } from "../../../lib/mapping/nearest.js";

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
