import type { Sql } from "../../model/names.js";
import type { Comparison } from "../checks-port.js";
import type { ComparedTables } from "../compare-rows.js";
import {
  countByColumn,
  countByKey,
  countWhole,
  differencesByKey,
  differencesWhole,
  type KeyedSides,
  others,
} from "./compare-sql.js";
import type { Connection } from "./connection.js";
import { sql } from "./identifiers.js";

/** Two tables as this server compares them. */
export function comparedTables(connection: Connection, sides: KeyedSides): ComparedTables {
  const ask = (select: Sql) => numbers(connection, select);
  return {
    key: sides.key.map(({ name }) => name),
    allRows: sides.allRows,
    countActual: async () => (await ask(sql`SELECT count(*) AS count FROM ${sides.actual}`)).count ?? 0,
    countByKey: async () => {
      const { pairs = 0, missing = 0, extra = 0, changed = 0, unpaired = 0 } = await ask(countByKey(sides));
      return { pairs, missing, extra, changed, unpaired };
    },
    countByColumn: async () => {
      const counts = await ask(countByColumn(sides));
      return Object.fromEntries(others(sides).map(({ name }, index) => [name, counts[`c${index}`] ?? 0]));
    },
    countWhole: async () => {
      const { missing = 0, extra = 0 } = await ask(countWhole(sides));
      return { missing, extra };
    },
  };
}

/** The lines of the differences that a comparison found. */
export function selectDifferences(sides: KeyedSides, { of, pairedBy }: Comparison, limit: number): Sql {
  const prefix = of === "sample" ? "sample: " : "";
  return pairedBy.length > 0 ? differencesByKey(sides, prefix, limit) : differencesWhole(sides, prefix, limit);
}

async function numbers(connection: Connection, select: Sql): Promise<Readonly<Record<string, number>>> {
  const [row = {}] = await connection.query<Readonly<Record<string, string>>>(select);
  return Object.fromEntries(Object.entries(row).map(([name, text]) => [name, Number(text)]));
}
