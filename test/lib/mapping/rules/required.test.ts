import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("required rejects NULL and empty values as the other rules leave them, and keeps a blank that nobody trims", async () => {
  const trimmed = await runColumn("{ from: x, trim: true, required: true }", ["a", " ", "", null]);
  const untrimmed = await runColumn("{ from: x, required: true }", [" "]);

  const verdict = { rule: "v.required", reason: "v is required, and is NULL or empty" };
  expect(trimmed.map(({ rejected }) => rejected)).toEqual([null, verdict, verdict, verdict]);
  expect(untrimmed[0]?.rejected).toBeNull();
});
