import { expect, it } from "vitest";
import type { TestDatabase } from "../../support/postgres.js";
import { type Asked, numbersOf, type Outcome } from "./comparing.js";

/** A target's table `people` of 600 rows, a table `original` of the same, and how the files are compared with it. */
export interface ComparedPeople {
  query: TestDatabase["query"];
  compare(asked: Asked): Promise<Outcome>;
  /** Statements that change it, and what each of them is. */
  readonly mutations: Readonly<Record<string, string>>;
  readonly dropKey: string;
}

/** Tests that checksums of buckets find what comparing all rows does; each begins with the rows as they were. */
export function findAlike({ query, compare, mutations, dropKey }: ComparedPeople): void {
  it.each(Object.entries(mutations))("finds and names what comparing all rows does: %s", async (_, statement) => {
    await query(statement);

    const [all, some] = [await compare({ level: "rows" }), await compare({ level: "buckets" })];

    expect(some.compared).toMatchObject({ level: "buckets" });
    expect(some.lines.split("\n").length).toBeGreaterThan(1);
    expect(numbersOf(some)).toEqual(numbersOf(all));
    expect(some.lines).toBe(all.lines);
  });

  it("counts rows without a key, or with one that repeats, as whole rows", async () => {
    await query(`ALTER TABLE people ${dropKey}`);
    await query("INSERT INTO people SELECT * FROM original WHERE id = 5; DELETE FROM people WHERE id = 600");

    const all = [await compare({ level: "rows", key: [] }), await compare({ level: "rows", key: ["id"] })];
    const some = [await compare({ level: "buckets", key: [] }), await compare({ level: "buckets", key: ["id"] })];
    await query("DELETE FROM people; ALTER TABLE people ADD PRIMARY KEY (id)");

    expect(some.map(numbersOf)).toEqual(all.map(numbersOf));
    expect(some[0]?.compared).toMatchObject({ level: "buckets", missing: 1, extra: 1, pairedBy: [] });
    expect(some.map(({ lines }) => lines)).toEqual(all.map(({ lines }) => lines));
  });

  it("expects no row that load put aside", async () => {
    await query("DELETE FROM people WHERE id IN (3, 250)");
    const without = new Map([["part-00000.csv.gz", new Set([3, 250])]]);

    const { compared } = await compare({ level: "buckets", without });

    expect(compared).toMatchObject({ level: "buckets", expected: 598, equal: 598, missing: 0, extra: 0 });
  });
}
