import fc from "fast-check";
import { expect, it } from "vitest";
import { assertBalanced, unexplained } from "../../../lib/model/counts.js";

const count = fc.nat(2 ** 31);

it("accounts for every row that was read, to zero", () => {
  fc.assert(
    fc.property(
      fc.record({ filtered: count, rejected: count, deduplicated: count, written: count }),
      fc.integer(),
      (places, off) => {
        const { filtered, rejected, deduplicated, written } = places;
        const counts = { ...places, read: filtered + rejected + deduplicated + written + off };

        expect(unexplained(counts)).toBe(off);
        if (off === 0) assertBalanced("people", "registry", counts);
        else expect(() => assertBalanced("people", "registry", counts)).toThrow(/^people: read/);
      },
    ),
  );
});

it("says how many rows were read and how many were accounted for", () => {
  const counts = { read: 10, filtered: 1, rejected: 2, deduplicated: 3, written: 3 };

  expect(() => assertBalanced("people", "registry", counts)).toThrow(
    "people: read 10 rows of registry but accounted for 9",
  );
});
