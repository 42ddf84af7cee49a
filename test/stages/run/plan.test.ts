import { expect, it } from "vitest";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { parseRunOptions } from "../../../stages/run/options.js";
import { planRun } from "../../../stages/run/plan.js";

const files = {
  "migration.yaml": "migration: T\nextracts: { old_people: {}, camps: {}, gifts: {}, others: {} }\n",
  "camps.yaml": "table: camps\nfrom: camps\ncolumns: all\n",
  "people.yaml":
    "table: people\nfrom: old_people\ncolumns: { id: id, camp: camp }\nexpect: [relationships: { column: camp, to: camps.id }]\n",
  "gifts.yaml":
    "table: gifts\nfrom: gifts\ncolumns: { id: id, person: person }\nexpect: [relationships: { column: person, to: people.id }]\n",
  "others.yaml": "table: others\nfrom: others\ncolumns: all\n",
};
const migration = parseMigration(Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })));

const plan = (names: readonly string[], unit: { readonly key?: string; readonly sample?: number } = {}) =>
  planRun(migration, { names, key: unit.key, sample: unit.sample, shared: ["--force"], validate: [] }).map(
    ({ stage, args }) => [stage, ...args].join(" "),
  );

it("runs all four stages on everything when nothing is named", () => {
  expect(plan([])).toEqual(["extract --force", "transform --force", "load --force", "validate --force"]);
});

it("brings along the tables that a named one refers to, and the extracts all of them are made from", () => {
  expect(plan(["gifts"])).toEqual([
    "extract --force -- old_people camps gifts",
    "transform --force -- camps people gifts",
    "load --force -- camps people gifts",
    "validate --force -- camps people gifts",
  ]);
});

it("leaves it to the stages to find the parents of a unit", () => {
  const four = ["extract", "transform", "load", "validate"];

  expect(plan(["gifts"], { key: "42" })).toEqual(four.map((stage) => `${stage} --force -- gifts`));
  expect(plan(["gifts"], { sample: 10 })).toEqual(four.map((stage) => `${stage} --force -- gifts`));
});

it("refuses a name that is no table, with the nearest", () => {
  expect(() => plan(["gfits"])).toThrow("did you mean gifts?");
});

it("hands to validate alone how it is to compare", async () => {
  const options = await parseRunOptions(["--jobs=2", "--level", "buckets", "camps"]);

  const calls = "print" in options ? [] : planRun(migration, options);

  expect(calls.map(({ stage, args }) => [stage, ...args].join(" "))).toEqual([
    "extract --jobs=2 -- camps",
    "transform --jobs=2 -- camps",
    "load --jobs=2 -- camps",
    "validate --jobs=2 --level=buckets -- camps",
  ]);
});

it("refuses before the first stage a level that validate would refuse after the third", async () => {
  await expect(parseRunOptions(["--level", "bucket"])).rejects.toMatchObject({ kind: "usage" });
});
