import { expect, it } from "vitest";
import { distinctSnapshots, isOneMoment, mixtureOf } from "../../../lib/model/snapshots.js";

const registry = { id: "postgresql:7:7:", source: "registry" };
const finance = { id: "postgresql:7:7:", source: "finance" };

it("the same id of two sources names two snapshots: servers count each for itself, databases of one server alike", () => {
  expect(distinctSnapshots([registry, finance, registry])).toEqual([registry, finance]);
});

it("one snapshot of each source is no mixture, but neither is it one moment", () => {
  expect(mixtureOf([registry, finance, registry])).toBeUndefined();
  expect(isOneMoment([registry, finance])).toBe(false);
  expect(isOneMoment([registry, registry])).toBe(true);
});

it("two snapshots of one source are a mixture, named by the source", () => {
  expect(mixtureOf([registry, finance, { ...finance, id: "postgresql:8:8:" }])).toEqual({
    source: "finance",
    count: 2,
  });
  expect(mixtureOf([{ id: "a" }, { id: "b" }, { id: "c" }])).toEqual({ source: undefined, count: 3 });
});
