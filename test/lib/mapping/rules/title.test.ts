import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("title writes names with their capitals, row by row, and leaves NULL and the empty text what they are", async () => {
  const names = ["ADA", "ada", "grace o'HOPPER", "ADA", null, "", "\\N", 'a "b"\nc'];

  const rows = await runColumn("{ from: x, title: true }", names);

  expect(rows.map(({ values }) => values[0])).toEqual([
    "Ada",
    "Ada",
    "Grace O'Hopper",
    "Ada",
    null,
    "",
    "\\N",
    'A "B"\nC',
  ]);
});

it("title sees a value whole that begins with U+FEFF", async () => {
  const [row] = await runColumn("{ sql: \"length(x)::VARCHAR || ':' || x\", title: true }", ["\ufeffada"]);

  expect(row?.values[0]).toBe("4:\ufeffAda");
});
