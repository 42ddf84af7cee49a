// What holds of a comparison:
// 1. Every row of both sides is looked at, under one snapshot; nothing is sampled, estimated or hashed.
// 2. Rows are paired by a key only where that pairs them one to one; else whole rows are counted against each other.
// 3. The numbers are complete, however many differences are listed.
import type { Comparison } from "./checks-port.js";

/** How often rows were paired by their key, and how often not. */
export interface KeyCounts {
  readonly pairs: number;
  readonly missing: number;
  /** Counted only where all rows are compared. */
  readonly extra: number;
  readonly changed: number;
  /** Rows that a NULL in their key kept from being paired, or a pair of another row with their key. */
  readonly unpaired: number;
}

/** Two tables of one database, the expected one and the actual one, and what it can be asked about them. */
export interface ComparedTables {
  /** The columns that are to pair the rows; none: rows are compared whole. */
  readonly key: readonly string[];
  /** Rows that only the actual table has are differences too. */
  readonly allRows: boolean;
  countActual(): Promise<number>;
  countByKey(): Promise<KeyCounts>;
  /** In how many pairs each column beside the key differs. */
  countByColumn(): Promise<Readonly<Record<string, number>>>;
  /** Rows are compared whole, and how often each occurs counts. */
  countWhole(): Promise<Pick<KeyCounts, "missing" | "extra">>;
}

type Sizes = Pick<Comparison, "of" | "expected">;

/** Compares two tables row by row, value by value; `expected` rows went into the first. */
export async function compareRows(tables: ComparedTables, sizes: Sizes): Promise<Comparison> {
  const counted = { ...sizes, actual: await tables.countActual() };
  const keyed = tables.key.length === 0 ? undefined : await compareByKey(tables, counted);
  return keyed ?? (await compareWhole(tables, counted));
}

type Counted = Sizes & Pick<Comparison, "actual">;

async function compareByKey(tables: ComparedTables, sizes: Counted): Promise<Comparison | undefined> {
  const { pairs, missing, extra, changed, unpaired } = await tables.countByKey();
  // A key that repeats on one side makes more pairs than there are rows; one with a NULL makes none.
  const oneToOne =
    unpaired === 0 && pairs + missing === sizes.expected && (!tables.allRows || pairs + extra === sizes.actual);
  if (!oneToOne) return undefined;
  const counts = changed === 0 ? {} : await tables.countByColumn();
  const columns = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return { ...sizes, equal: pairs - changed, missing, extra, changed, columns, pairedBy: tables.key };
}

async function compareWhole(tables: ComparedTables, sizes: Counted): Promise<Comparison> {
  const { missing, extra } = await tables.countWhole();
  return { ...sizes, equal: sizes.expected - missing, missing, extra, changed: 0, columns: {}, pairedBy: [] };
}
