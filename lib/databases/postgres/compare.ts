// What holds of a comparison:
// 1. Every row of both sides is looked at, under one snapshot; nothing is sampled, estimated or hashed.
// 2. Rows are paired by a key only where that pairs them one to one; else whole rows are counted against each other.
// 3. The numbers are complete, however many differences are listed.
import type { Sql } from "../../model/names.js";
import type { Comparison, ExpectedRows } from "../checks-port.js";
import {
  countByColumn,
  countByKey,
  countWhole,
  differencesByKey,
  differencesWhole,
  type KeyedSides,
  others,
  type Sides,
} from "./compare-sql.js";
import type { Connection } from "./connection.js";
import { sql } from "./identifiers.js";

export interface CompareRequest {
  readonly of: ExpectedRows;
  /** How many rows the server took into the expected side. */
  readonly expected: number;
  /** Without a key, or with one that does not name rows, rows are compared whole. */
  readonly sides: KeyedSides;
}

/** Compares two tables row by row, value by value. */
export async function compareRows(
  connection: Connection,
  { of, expected, sides }: CompareRequest,
): Promise<Comparison> {
  const actual = await countRows(connection, sides.actual);
  const sizes = { of, expected, actual };
  const keyed = sides.key.length === 0 ? undefined : await compareByKey(connection, sides, sizes);
  return keyed ?? (await compareWhole(connection, sides, sizes));
}

/** The lines of the differences that a comparison found. */
export function selectDifferences(sides: KeyedSides, { of, pairedBy }: Comparison, limit: number): Sql {
  const prefix = of === "sample" ? "sample: " : "";
  return pairedBy.length > 0 ? differencesByKey(sides, prefix, limit) : differencesWhole(sides, prefix, limit);
}

type Sizes = Pick<Comparison, "of" | "expected" | "actual">;

async function compareByKey(connection: Connection, sides: KeyedSides, sizes: Sizes): Promise<Comparison | undefined> {
  const { pairs = 0, missing = 0, extra = 0, changed = 0, unpaired = 0 } = await numbers(connection, countByKey(sides));
  // A key that repeats on one side makes more pairs than there are rows; one with a NULL makes none.
  const oneToOne =
    unpaired === 0 && pairs + missing === sizes.expected && (!sides.allRows || pairs + extra === sizes.actual);
  if (!oneToOne) return undefined;
  const columns = changed === 0 ? {} : await columnCounts(connection, sides);
  return {
    ...sizes,
    equal: pairs - changed,
    missing,
    extra,
    changed,
    columns,
    pairedBy: sides.key.map(({ name }) => name),
  };
}

async function columnCounts(connection: Connection, sides: KeyedSides): Promise<Comparison["columns"]> {
  const counts = await numbers(connection, countByColumn(sides));
  const named = others(sides).map(({ name }, index) => [name, counts[`c${index}`] ?? 0] as const);
  return Object.fromEntries(named.filter(([, count]) => count > 0));
}

async function compareWhole(connection: Connection, sides: Sides, sizes: Sizes): Promise<Comparison> {
  const { missing = 0, extra = 0 } = await numbers(connection, countWhole(sides));
  return { ...sizes, equal: sizes.expected - missing, missing, extra, changed: 0, columns: {}, pairedBy: [] };
}

async function countRows(connection: Connection, from: Sql): Promise<number> {
  return (await numbers(connection, sql`SELECT count(*) AS count FROM ${from}`)).count ?? 0;
}

async function numbers(connection: Connection, select: Sql): Promise<Readonly<Record<string, number>>> {
  const [row = {}] = await connection.query<Readonly<Record<string, string>>>(select);
  return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, Number(text)]));
}
