import fc from "fast-check";
import { expect, it } from "vitest";
import { withCommas } from "../../../lib/mapping/words.js";
import { StageError } from "../../../lib/model/errors.js";
import { ChildFailed } from "../../../lib/program/child-stage.js";
import { progressText } from "../../../lib/program/progress.js";
import { printable } from "../../../lib/program/reporter.js";
import { codeOf, errorText } from "../../../lib/program/run-program.js";
import { columnWidths, tableLine } from "../../../lib/program/text-table.js";

const anyText = fc.string({ unit: "binary" });

it("lets nothing through that could move the cursor, and everything that can be read", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(printable(text)).not.toMatch(/(?!\n)\p{Cc}/u);
      expect([...printable(text)]).toHaveLength([...text].length);
    }),
  );
  expect(printable("José\u001b[2J\u009b1m\tx")).toBe("José?[2J?1m?x");
});

it("keeps every row of a table on one line, its columns under one another", () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyText, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
      const widths = columnWidths(rows, 10);
      for (const row of rows) {
        const line = tableLine(row, widths);
        expect(line).not.toContain("\n");
        expect([...line].length).toBeLessThanOrEqual(widths.reduce((sum, width) => sum + width, 4));
      }
    }),
  );
  expect(tableLine(["a", "too long for this", "b"], [3, 8, 1])).toBe("a    too lon…  b");
});

it("says what is true, then what to type, and shows a stack for bugs alone", () => {
  const failed = new StageError("integrity", "people: 3 rows, not 2", "extract it again");

  expect(errorText(failed, false)).toBe("people: 3 rows, not 2\n  → extract it again\n");
  expect(JSON.parse(errorText(failed, true))).toEqual({
    event: "error",
    code: 65,
    message: "people: 3 rows, not 2",
    hint: "extract it again",
  });
  expect(errorText(new Error("oops"), false)).toMatch(/^a bug in Waybill, please report it:\nError: oops\n {4}at /);
  expect(errorText(new ChildFailed("run: load exited with 69", 69), false)).toBe("run: load exited with 69\n");
  expect([failed, new Error("oops"), new ChildFailed("", 143), "thrown"].map(codeOf)).toEqual([65, 70, 143, 70]);
});

it("never counts beyond the total, and shows rate and time left", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1e9 }), (totalRows, rowCount, elapsedMs) => {
      const percent =
        / (\d+) %/.exec(progressText({ label: "load people", totalRows, rowCount, elapsedMs }))?.[1] ?? "0";
      expect(Number(percent)).toBeLessThanOrEqual(100);
    }),
  );
  expect(progressText({ label: "load people", totalRows: 1_000_000, rowCount: 250_000, elapsedMs: 500 })).toBe(
    "load people  250,000 of 1,000,000 rows  25 %  500,000 rows/s  0:02 left",
  );
  expect(progressText({ label: "load people", totalRows: 0, rowCount: 0, elapsedMs: 500 })).toBe(
    "load people  0 of 0 rows  100 %  0 rows/s",
  );
  expect(progressText({ label: "load people", totalRows: undefined, rowCount: 1000, elapsedMs: 500 })).toBe(
    "load people  1,000 rows  2,000 rows/s",
  );
});

it("groups the digits of a number by three", () => {
  expect([0, 999, 1000, 1_247_893].map(withCommas)).toEqual(["0", "999", "1,000", "1,247,893"]);
});
