import { bucketsOf } from "../bucketed-sides.js";
import type { Buckets } from "../buckets-port.js";
import type { CheckRequest } from "../checks-port.js";
import { bucketedTable } from "./bucketed-table.js";
import type { Connection } from "./connection.js";
import { normalFormOf } from "./normal-text.js";
import { type SuspectsOf, suspectSides } from "./suspect-sides.js";

/** The rows of a PostgreSQL table as checksums, or why it has none. */
export async function postgresBuckets(
  connection: Connection,
  { request, table, description, expected }: SuspectsOf & { readonly request: CheckRequest },
): Promise<Buckets | string> {
  const sides = expected.of("parts");
  const columns = sides.columns.flatMap(({ name }) => description.columns.filter((column) => column.name === name));
  return await bucketsOf({
    ...suspectSides(connection, { table, description, expected }),
    allRows: sides.allRows,
    columns,
    formOf: ({ valueType, databaseType }) => normalFormOf(valueType ?? databaseType),
    digest: "md5",
    bucketed: (forms) => bucketedTable(connection, { from: table.sql, columns, forms, parts: request.parts }),
  });
}
