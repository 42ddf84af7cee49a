import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { ComparedTables } from "../../compare-rows.js";
import { amongAll, type SuspectSides } from "../../compare-suspects.js";
import type { DatabaseTable } from "../../port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { comparedTables } from "./compare.js";
import { columnOf, comparable, groupedBy } from "./compare-columns.js";
import { countPairedElsewhere } from "./compare-sql.js";
import type { ExpectedSides } from "./expected-rows.js";

/** A table some of whose rows are compared by value, in temporary tables of both sides. */
export interface SuspectsOf {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly expected: ExpectedSides;
}

/** What MySQL says of such a table. */
export function suspectSides(connection: Connection, { table, description, expected }: SuspectsOf): SuspectSides {
  const { key, actual } = expected.of("parts");
  return {
    key: key.map(({ name }) => name),
    primaryKey: description.primaryKey,
    repeatsKey: async () => {
      const values = key.map((column) => comparable(columnOf(sql`s`, column), column));
      const isNull = values.map((value) => sql`max(${value} IS NULL)`);
      const repeated = await connection.query(
        sql`SELECT 1 FROM ${table.sql} AS s GROUP BY ${groupedBy(values, key)} HAVING count(*) > 1 OR ${join(isNull, " OR ")} LIMIT 1`,
      );
      return repeated.length > 0;
    },
    give: async (suspects, isKeyed) => {
      if (expected.refusal !== undefined && suspects.expected.length + suspects.actual.length === 0)
        return noRows(isKeyed ? key.map(({ name }) => name) : []);
      try {
        const few = await expected.give(suspects, isKeyed);
        return amongAll(comparedTables(connection, few), async () => {
          const [[elsewhere = "0"] = []] = await connection.query(countPairedElsewhere(few, actual));
          return Number(elsewhere);
        });
      } catch (error) {
        // An ENUM may hold what is none of its words, and does not take it twice.
        if (error instanceof StageError && error.kind === "integrity") return error.message;
        throw error;
      }
    },
  };
}

// To compare no rows takes no temporary tables.
function noRows(key: readonly string[]): ComparedTables {
  const none = { pairs: 0, missing: 0, extra: 0, changed: 0, unpaired: 0 };
  return {
    key,
    allRows: true,
    countActual: async () => 0,
    countByKey: async () => none,
    countByColumn: async () => ({}),
    countWhole: async () => none,
  };
}
