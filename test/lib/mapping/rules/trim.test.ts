import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("trim takes every Unicode white space off both ends and nothing else", async () => {
  const blanks = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

  const rows = await runColumn("{ from: x, trim: true }", [
    `${blanks}a ${blanks} b${blanks}`,
    "a\u200b",
    blanks,
    "",
    null,
  ]);

  expect(rows.map(({ values }) => values[0])).toEqual([`a ${blanks} b`, "a\u200b", "", "", null]);
});

it("trim leaves many lines many lines", async () => {
  const [row] = await runColumn("{ from: x, trim: true }", [" a \n b \n"]);

  expect(row?.values[0]).toBe("a \n b");
});
