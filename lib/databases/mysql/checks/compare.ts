import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { type Comparison, differenceColumns } from "../../checks-port.js";
import type { ComparedTables } from "../../compare-rows.js";
import type { CopyOut } from "../../port.js";
import { parenthesised } from "../../source-sql.js";
import { selectedColumns } from "../catalog.js";
import { fileText } from "../column-text.js";
import type { Connection } from "../connection.js";
import {
  countByColumn,
  countExtra,
  countPairs,
  countWhole,
  differencesByKey,
  differencesWhole,
  others,
  pairedByKey,
  type Sides,
} from "./compare-sql.js";

/** Two tables as this server compares them. */
export function comparedTables(connection: Connection, sides: Sides): ComparedTables {
  const ask = async (select: Sql): Promise<readonly number[]> =>
    ((await connection.query(select))[0] ?? []).map(Number);
  return {
    key: sides.key.map(({ name }) => name),
    allRows: sides.allRows,
    // Never count(*) of a temporary table: in a transaction that only reads, MySQL 9.7 counts fewer rows than it holds.
    countActual: async () => {
      const rows = sides.actual === sides.actualAgain ? sql`count(*)` : sql`coalesce(sum(1), 0)`;
      return (await ask(sql`SELECT ${rows} FROM ${sides.actual} AS t`))[0] ?? 0;
    },
    // MySQL has no FULL JOIN: what only the target has is counted by a join of its own.
    countByKey: async () => {
      const [pairs = 0, missing = 0, changed = 0, unpaired = 0] = await ask(countPairs(sides));
      const [extra = 0, unpairedExtra = 0] = sides.allRows ? await ask(countExtra(sides)) : [];
      return { pairs, missing, extra, changed, unpaired: unpaired + unpairedExtra };
    },
    countByColumn: async () => {
      const counts = await ask(countByColumn(sides));
      return Object.fromEntries(others(sides).map(({ name }, index) => [name, counts[index] ?? 0]));
    },
    countWhole: async () => {
      const [missing = 0, extra = 0] = await ask(countWhole(sides));
      return { missing, extra };
    },
  };
}

/** The lines of the differences that a comparison found. */
export function copyDifferences(
  connection: Connection,
  compared: Sides,
  { of, pairedBy, extra }: Comparison,
  limit: number,
): CopyOut {
  // Rows that only the target has are looked for again only where there are some: that takes a join of its own.
  const sides = { ...compared, allRows: compared.allRows && (extra > 0 || pairedBy.length === 0) };
  const prefix = of === "sample" ? "sample: " : "";
  const select = pairedBy.length > 0 ? differencesByKey(sides, prefix, limit) : differencesWhole(sides, prefix, limit);
  return connection.copyTo(select, { extract: "differences", columns: differenceColumns });
}

/** The rows of the target that have a pair. */
export function copyPaired(connection: Connection, sides: Sides, limit: number): CopyOut {
  const columns = sides.columns.map(({ name }) => name);
  return connection.copyTo(pairedByKey(sides, limit), { extract: "rows of the target", columns });
}

/** The rows of a SELECT of the specification, as an extract would read them. */
export async function copySelected(connection: Connection, select: string) {
  const columns = await selectedColumns(connection, select);
  const names = columns.map(({ name }) => name);
  const values = join(
    columns.map((column) => fileText(column)),
    ", ",
  );
  const statement = sql`SELECT ${values} FROM ${parenthesised(select)} AS source`;
  return { columns: names, rows: connection.copyTo(statement, { extract: "a report", columns: names }) };
}
