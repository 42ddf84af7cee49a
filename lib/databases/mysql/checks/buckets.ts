import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import { bucketsOf } from "../../bucketed-sides.js";
import type { Buckets } from "../../buckets-port.js";
import type { DatabaseTable } from "../../port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { rowDigestOf } from "../row-digest.js";
import { bucketedTable } from "./bucketed-table.js";
import { comparedTables } from "./compare.js";
import { columnOf, comparable } from "./compare-columns.js";
import type { ExpectedSides } from "./expected-rows.js";
import { normalFormOf } from "./normal-text.js";

export interface BucketsOf {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly expected: ExpectedSides;
}

/** The rows of a MySQL table as checksums, or why it has none. */
export async function mysqlBuckets(
  connection: Connection,
  { table, description, expected }: BucketsOf,
): Promise<Buckets | string> {
  const { allRows, columns, key } = expected.of("parts");
  const digest = await rowDigestOf(connection);
  return await bucketsOf({
    allRows,
    columns,
    key: key.map(({ name }) => name),
    primaryKey: description.primaryKey,
    formOf: normalFormOf,
    digest,
    bucketed: async (forms) => bucketedTable(connection, { from: table.sql, columns, forms, digest }),
    repeatsKey: async () => {
      const values = key.map((column) => comparable(columnOf(sql`s`, column), column));
      const found = await connection.query(
        sql`SELECT 1 FROM ${table.sql} AS s GROUP BY ${join(values, ", ")} HAVING count(*) > 1 LIMIT 1`,
      );
      return found.length > 0;
    },
    give: async (suspects, isKeyed) => {
      try {
        return comparedTables(connection, await expected.give(suspects, isKeyed));
      } catch (error) {
        // A word that no ENUM has any more stands in old rows, and cannot be written once more.
        if (error instanceof StageError && error.kind === "integrity") return `${error.message}`;
        throw error;
      }
    },
  });
}
