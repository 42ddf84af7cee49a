import { amongAll, type SuspectSides } from "../compare-suspects.js";
import type { DatabaseTable } from "../port.js";
import type { FoundTable } from "./catalog.js";
import { comparedTables } from "./compare.js";
import { comparable } from "./compare-columns.js";
import { countPairedElsewhere } from "./compare-sql.js";
import type { Connection } from "./connection.js";
import type { ExpectedSides } from "./expected-rows.js";
import { givenRows } from "./given-rows.js";
import { joined, sql } from "./identifiers.js";

/** A table some of whose rows are compared by value, inside a statement. */
export interface SuspectsOf {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly expected: ExpectedSides;
}

/** What PostgreSQL says of such a table. */
export function suspectSides(connection: Connection, { table, description, expected }: SuspectsOf): SuspectSides {
  const sides = expected.of("parts");
  const values = sides.key.map((column) => comparable(sql`t`, column));
  return {
    key: sides.key.map(({ name }) => name),
    primaryKey: description.primaryKey,
    repeatsKey: async () => {
      const isNull = joined(
        values.map((value) => sql`${value} IS NULL`),
        " OR ",
      );
      const repeated = await connection.query(
        sql`SELECT 1 AS one FROM ${table.sql} AS t GROUP BY ${joined(values)} HAVING count(*) > 1 OR ${isNull} LIMIT 1`,
      );
      return repeated.length > 0;
    },
    give: async (suspects, isKeyed) => {
      expected.give("parts", {
        expected: givenRows(sides.columns, suspects.expected),
        actual: givenRows(sides.columns, suspects.actual),
        key: isKeyed ? sides.key : [],
      });
      const few = expected.of("parts");
      return amongAll(comparedTables(connection, few), async () => {
        const [row] = await connection.query<{ count: string }>(countPairedElsewhere(few, sides.actual));
        return Number(row?.count);
      });
    },
  };
}
