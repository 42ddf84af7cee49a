import { expect, it } from "vitest";
import { runColumn } from "../run-table.js";

it("collapse makes one blank of each run of Unicode white space, line ends among them, at the ends too", async () => {
  const blanks = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

  const rows = await runColumn("{ from: x, collapse: true }", [`a${blanks}b c`, "\u00a0a\r\n", blanks, "", null]);

  expect(rows.map(({ values }) => values[0])).toEqual(["a b c", " a ", " ", "", null]);
});

it("collapse leaves characters alone that only look like nothing", async () => {
  const invisible = "a\u200bb\u2060c\u00add";

  const [row] = await runColumn("{ from: x, collapse: true }", [invisible]);

  expect(row?.values[0]).toBe(invisible);
});

it("collapse: false is no rule", async () => {
  const [row] = await runColumn("{ from: x, collapse: false }", ["a  b"]);

  expect(row?.values[0]).toBe("a  b");
});
