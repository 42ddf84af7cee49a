import fc from "fast-check";
import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const taken = async (take: string, values: readonly (string | null)[], by = '" "') =>
  (await runColumn(`{ from: x, split: { by: ${by}, take: ${take} } }`, values)).map((row) => row.values[0]);

const names = ["Ana María Ruiz", "Ana Ruiz", "Ana", "", " Ana", "Ana  Ruiz", null];

it.each([
  ["first", ["Ana", "Ana", "Ana", "", "", "Ana", null]],
  ["last", ["Ruiz", "Ruiz", "Ana", "", "Ana", "Ruiz", null]],
  ["rest", ["María Ruiz", "Ruiz", null, null, "Ana", " Ruiz", null]],
  ["all_but_last", ["Ana María", "Ana", null, null, "", "Ana ", null]],
  ["2", ["María", "Ruiz", null, null, "Ana", "", null]],
  ["3", ["Ruiz", null, null, null, null, "Ruiz", null]],
  ["1000000", names.map(() => null)],
])("split takes %s, and a part that is not there is NULL", async (take, expected) => {
  expect(await taken(take, names)).toEqual(expected);
});

it("split compares what is between the parts character by character, however long it is", async () => {
  expect(await taken("2", ["a.b.c", "a,b"], ".")).toEqual(["b", null]);
  expect(await taken("last", ["a::b:c", "a😀b"], '"::"')).toEqual(["b:c", "a😀b"]);
  expect(await taken("first", ["a😀b"], "😀")).toEqual(["a"]);
});

it("first with rest, and all_but_last with last, give the whole value back", async () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "é", " ", "-", "😀", "\n", "'") }), { minLength: 20 });

  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const [first, rest, most, last] = await Promise.all(
        ["first", "rest", "all_but_last", "last"].map((take) => taken(take, values, '"- "')),
      );

      const joined = (one: typeof first, other: typeof first) =>
        values.map((_, at) => [one?.[at], other?.[at]].filter((part) => part !== null).join("- "));
      expect(joined(first, rest)).toEqual(values);
      expect(joined(most, last)).toEqual(values);
    }),
    { numRuns: 20 },
  );
});

it.each([
  ['{ by: "", take: first }', "columns.v.split.by: empty"],
  [
    "{ by: a, take: second }",
    'columns.v.split.take: expected first or last or rest or all_but_last or a number, found "second"',
  ],
  ["{ by: a, take: 0 }", "columns.v.split.take: expected at least 1"],
  ["{ by: a }", 'columns.v.split: "take" is missing'],
])("split refuses %s", (options, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, split: ${options} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
