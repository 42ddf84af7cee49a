import fc from "fast-check";
import { expect, it } from "vitest";
import { columnsNamed, type Extracted, type Row } from "./extracted.js";
import { contentOf } from "./mapped.js";
import { readyToMap } from "./ready.js";

const dedupes: Readonly<Record<string, string>> = {
  latest: "keep: latest, order: [at, size asc]",
  first: "keep: first, order: size desc",
  any: "keep: first",
  last: "keep: last, order: [size, at desc]",
  most_complete: "keep: most_complete",
  most_complete_latest: "keep: most_complete, order: at, tie_break: [note desc, size]",
};

const columns = columnsNamed(["who", "at", "size", "note"], { at: "date", size: "number" });

const files: Readonly<Record<string, string>> = {
  "migration.yaml": "migration: TEST-1\nextracts: { rows: { key: [who] } }\n",
  ...Object.fromEntries(
    Object.entries(dedupes).map(([table, keep]) => [
      `${table}.yaml`,
      `table: ${table}\nfrom: rows\ncolumns: all\ndedupe: { by: [who], ${keep} }\n`,
    ]),
  ),
};

// Few different values, so that many rows tie in one column and differ in the next.
const rowOf = fc.tuple(
  fc.constantFrom("a", "b", null),
  fc.constantFrom("2024-01-01", "2024-02-02", null),
  fc.constantFrom("9", "10", "-1.5", "-1.25", null),
  fc.constantFrom("x", "", null),
);
const shuffled = fc
  .array(rowOf, { minLength: 2, maxLength: 14 })
  .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));

/** The rows each table keeps, sorted: equal rows cannot be told apart, and need not be. */
async function kept(rows: readonly Row[], more: Partial<Extracted>, jobs: string) {
  const { run, work } = await readyToMap({ files, extracts: { rows: { columns, rows, ...more } } });
  const { exitCode, stderr } = await run("--jobs", jobs);
  expect(exitCode, stderr).toBe(0);
  const tables = Object.keys(dedupes).map(async (table) => [
    table,
    (await contentOf(work, table, "part-")).split("\n").sort(),
  ]);
  return Object.fromEntries(await Promise.all(tables));
}

it("neither the order of the rows nor the cut of the parts changes which duplicate is kept", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(shuffled, fc.integer({ min: 1, max: 5 }), async ([rows, others], partRows) => {
      const wanted = await kept(rows, {}, "1");

      // By date: rows that share their `who` may then lie in any part, in any order.
      expect(await kept(others, { partRows, partsBy: "date" }, "3")).toEqual(wanted);
    }),
    // Each run is a process: the first failure says enough, and its seed finds it again.
    { numRuns: 6, endOnFailure: true },
  );
});
