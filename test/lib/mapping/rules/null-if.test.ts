import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it("null_if compares source text: 0 is not 00, N/A not n/a, a blank not nothing", async () => {
  const rows = await runColumn(
    '{ from: x, null_if: [N/A, "-", "", 0, 1.10, NO, null, "null"] }'.replace(", null,", ","),
    [...["N/A", "-", "", "0", "1.10", "NO", "null"], ...["n/a", " -", " ", "00", "1.1", "no", "NULL"], null],
  );

  expect(rows.slice(0, 7).map(({ values }) => values[0])).toEqual(Array(7).fill(null));
  expect(rows.slice(7).map(({ values }) => values[0])).toEqual(["n/a", " -", " ", "00", "1.1", "no", "NULL", null]);
});

it("null_if takes one value without a list", async () => {
  const rows = await runColumn("{ from: x, null_if: '' }", ["", "a"]);

  expect(rows.map(({ values }) => values[0])).toEqual([null, "a"]);
});

it.each([
  ["null_if: ~", "columns.v.null_if[0]: expected text, found nothing"],
  ["null_if: [a, null]", "columns.v.null_if[1]: expected text, found nothing"],
  ["null_if: []", "columns.v.null_if: expected at least 1"],
])("refuses %s", (rule, text) => {
  expect(complaints({ "people.yaml": peopleWith(`v: { from: x, ${rule} }`) }).lines).toEqual([
    `people.yaml:3: ${text}`,
  ]);
});
