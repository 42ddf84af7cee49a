import { bucketsOf } from "../bucketed-sides.js";
import type { Buckets } from "../buckets-port.js";
import type { DatabaseTable } from "../port.js";
import { bucketedTable } from "./bucketed-table.js";
import type { FoundTable } from "./catalog.js";
import { comparedTables } from "./compare.js";
import type { Connection } from "./connection.js";
import type { ExpectedSides } from "./expected-rows.js";
import { givenRows } from "./given-rows.js";
import { identifiers, sql } from "./identifiers.js";
import { normalFormOf } from "./normal-text.js";

export interface BucketsOf {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly expected: ExpectedSides;
}

/** The rows of a PostgreSQL table as checksums, or why it has none. */
export async function postgresBuckets(
  connection: Connection,
  { table, description, expected }: BucketsOf,
): Promise<Buckets | string> {
  const sides = expected.of("parts");
  const columns = sides.columns.flatMap(({ name }) => description.columns.filter((column) => column.name === name));
  const key = sides.key.map(({ name }) => name);
  return await bucketsOf({
    allRows: sides.allRows,
    columns,
    key,
    primaryKey: description.primaryKey,
    formOf: ({ valueType, databaseType }) => normalFormOf(valueType ?? databaseType),
    bucketed: (forms) => bucketedTable(connection, { from: table.sql, columns, forms }),
    repeatsKey: async () => {
      const [row] = await connection.query<{ count: string }>(
        sql`SELECT count(*) FROM (SELECT FROM ${table.sql} GROUP BY ${identifiers(key)} HAVING count(*) > 1 LIMIT 1) AS repeated`,
      );
      return row?.count !== "0";
    },
    give: async (suspects, isKeyed) => {
      expected.give("parts", {
        expected: givenRows(sides.columns, suspects.expected),
        actual: givenRows(sides.columns, suspects.actual),
        key: isKeyed ? sides.key : [],
      });
      return comparedTables(connection, expected.of("parts"));
    },
  });
}
