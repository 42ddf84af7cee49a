import { expect, it } from "vitest";
import { settleDedupe } from "../../../lib/mapping/settle-dedupe.js";

const order = ["at", "at asc", "at DESC"];
const directions = (keep: "latest" | "first" | "last" | "most_complete") =>
  settleDedupe({ by: ["id"], keep, order })?.order.map(({ column, descending }) => [
    column,
    descending ? "desc" : "asc",
  ]);

it("without a word the direction is as keep says; with one, the first row is kept, and of last the last", () => {
  expect(directions("latest")).toEqual([
    ["at", "desc"],
    ["at", "asc"],
    ["at", "desc"],
  ]);
  expect(directions("most_complete")).toEqual([
    ["at", "desc"],
    ["at", "asc"],
    ["at", "desc"],
  ]);
  expect(directions("first")).toEqual([
    ["at", "asc"],
    ["at", "asc"],
    ["at", "desc"],
  ]);
  expect(directions("last")).toEqual([
    ["at", "desc"],
    ["at", "desc"],
    ["at", "asc"],
  ]);
});

it("a column whose name ends in such a word is meant when another word follows", () => {
  const settled = settleDedupe({ by: ["id"], keep: "first", order: ["sort desc asc", "desc", "x  desc"] });

  expect(settled?.order).toEqual([
    { column: "sort desc", descending: false },
    { column: "desc", descending: false },
    { column: "x", descending: true },
  ]);
});
