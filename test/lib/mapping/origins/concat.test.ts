import { expect, it } from "vitest";
import { runPeople } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

const joined = async (options: string, ...rows: readonly (readonly (string | null)[])[]) =>
  (await runPeople({ "people.yaml": peopleWith(`v: { concat: ${options} }`) }, { columns: ["a", "b", "c"], rows })).map(
    (row) => row.values[0],
  );

it("concat leaves NULL out with its separator, and is NULL where all are", async () => {
  const rows = [
    ["Ada", "B", "King"],
    ["Ada", null, "King"],
    [null, null, "King"],
    [null, null, null],
    ["", null, ""],
    ["", "", ""],
  ] as const;

  expect(await joined('{ columns: [a, b, c], with: " " }', ...rows)).toEqual([
    "Ada B King",
    "Ada King",
    "King",
    null,
    " ",
    "  ",
  ]);
});

it("concat of a list has no separator", async () => {
  expect(await joined("[a, b]", ["00501", "1e3", null], [null, "1.10", null], ["\\N", '"\n', null])).toEqual([
    "005011e3",
    "1.10",
    '\\N"\n',
  ]);
  expect(await joined("a", ["e\u0301😀", null, null])).toEqual(["e\u0301😀"]);
});

it("concat may be followed by rules", async () => {
  expect(await joined('{ columns: [a, b], with: "-" }, trim: true, upper: true', [" a", "b ", null])).toEqual(["A-B"]);
});

it("concat refuses a list of nothing, and words it does not know", () => {
  expect(complaints({ "people.yaml": peopleWith("v: { concat: [] }") }).lines[0]).toContain("columns.v.concat");
  expect(complaints({ "people.yaml": peopleWith("v: { concat: { columns: [a], separator: x } }") }).lines).toEqual([
    'people.yaml:3: unknown key "separator"',
  ]);
});

it("concat of a column that is not there says which", async () => {
  await expect(joined("[a, d]", ["1", "2", "3"])).rejects.toThrow(
    'people.yaml:3: columns.v: extract people has no column "d"',
  );
});
