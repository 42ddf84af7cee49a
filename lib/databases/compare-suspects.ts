import type { Suspects } from "./buckets-port.js";
import type { Comparison } from "./checks-port.js";
import { type ComparedTables, compareRows } from "./compare-rows.js";

/** A table most of whose rows are known to be equal to expected ones, and what its database can say of it. */
export interface SuspectSides {
  /** The columns that name a row. */
  readonly key: readonly string[];
  readonly primaryKey: readonly string[];
  /** Whether two rows of the table share the key, or one has a NULL in it. */
  repeatsKey(): Promise<boolean>;
  /** Makes these rows the two sides, paired by the key or compared whole; a text says why they cannot be. */
  give(suspects: Suspects, isKeyed: boolean): Promise<ComparedTables | string>;
}

/** Compares the other rows by their values, and counts the equal ones in; a text says why they cannot be compared. */
export async function compareSuspects(sides: SuspectSides, suspects: Suspects): Promise<Comparison | string> {
  const { expected, equal } = suspects;
  const given = await sides.give(suspects, await isKeyed(sides));
  if (typeof given === "string") return given;
  const found = await compareRows(given, { of: "parts", expected: expected.length });
  return { ...found, expected: found.expected + equal, actual: found.actual + equal, equal: found.equal + equal };
}

/**
 * The two sides of such rows, as among all rows: an expected one whose key belongs to a row that was found equal, as
 * `pairedElsewhere` counts them, has no partner left, and the key does not name one row.
 */
export function amongAll(few: ComparedTables, pairedElsewhere: () => Promise<number>): ComparedTables {
  return {
    ...few,
    countByKey: async () => {
      const counts = await few.countByKey();
      return { ...counts, unpaired: counts.unpaired + (await pairedElsewhere()) };
    },
  };
}

// Among the rows that differ a key may name one, and among all rows several: then rows are compared whole.
async function isKeyed({ key, primaryKey, repeatsKey }: SuspectSides): Promise<boolean> {
  if (primaryKey.length > 0 && primaryKey.every((name) => key.includes(name))) return true;
  return key.length > 0 && !(await repeatsKey());
}
