import { describe, expect, it } from "vitest";
import type { Buckets } from "../../../lib/databases/buckets-port.js";
import type { Bucketed } from "../../../lib/model/buckets.js";
import { compareBuckets } from "../../../stages/validate/compare-buckets.js";

/** So many rows, all of them in one bucket, of which no checksum is told. */
function side(count: number, sum: bigint): Bucketed {
  const untold = () => Promise.reject(new Error("nobody was to ask for rows"));
  return { sums: () => Promise.resolve(new Map([[0, { count, sum }]])), checksums: untold, rows: untold };
}

function files(one: Bucketed) {
  return { rowCount: 300_000, stated: undefined, open: () => Promise.resolve(one) };
}

describe("comparing by buckets", () => {
  it("brings no rows together where more differ than memory is meant for", async () => {
    const target: Buckets = {
      ...side(300_000, 1n),
      forms: [],
      digest: "md5",
      spelledSum: async () => undefined,
      compare: () => Promise.reject(new Error("not asked")),
    };

    const found = await compareBuckets(files(side(300_000, 2n)), target);

    expect(found).toBe("the checksums of 1 among 2048 buckets differ");
  });

  it("looks at no row where the sums of all rows are equal", async () => {
    const compare: Buckets["compare"] = async ({ expected, actual, equal }) => {
      expect([expected, actual]).toEqual([[], []]);
      return {
        of: "parts",
        expected: equal,
        actual: equal,
        equal,
        missing: 0,
        extra: 0,
        changed: 0,
        columns: {},
        pairedBy: [],
      };
    };

    const found = await compareBuckets(files(side(7, 2n)), {
      ...side(7, 2n),
      forms: [],
      digest: "md5",
      spelledSum: async () => undefined,
      compare,
    });

    expect(found).toMatchObject({ equal: 7 });
  });
});
