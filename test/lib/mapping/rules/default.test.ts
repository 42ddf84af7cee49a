import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";
import { complaints, peopleWith } from "../specification-fixture.js";

it("default stands in for NULL alone: an empty text is a value", async () => {
  const rows = await runColumn("{ from: x, default: 0123 }", [null, "", " ", "NULL", "\\N", "a"]);

  expect(rows.map(({ values }) => values[0])).toEqual(["0123", "", " ", "NULL", "\\N", "a"]);
});

it("default may be the empty text", async () => {
  const rows = await runColumn("{ from: x, default: '' }", [null, "a"]);

  expect(rows.map(({ values }) => values[0])).toEqual(["", "a"]);
});

it.each(["null", "~"])("default refuses a plain %s, which would do nothing", (value) => {
  const { lines, hint } = complaints({ "people.yaml": peopleWith(`v: { from: x, default: ${value} }`) });

  expect(lines).toEqual(["people.yaml:3: columns.v.default: expected text, found nothing"]);
  expect(hint).toBe("write text");
});
