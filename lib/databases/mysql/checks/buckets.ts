import { bucketsOf } from "../../bucketed-sides.js";
import type { Buckets } from "../../buckets-port.js";
import type { CheckRequest } from "../../checks-port.js";
import type { Connection } from "../connection.js";
import { rowDigestOf } from "../row-digest.js";
import { bucketedTable } from "./bucketed-table.js";
import { normalFormOf } from "./normal-text.js";
import { type SuspectsOf, suspectSides } from "./suspect-sides.js";

/** The rows of a MySQL table as checksums, or why it has none. */
export async function mysqlBuckets(
  connection: Connection,
  suspects: SuspectsOf & { readonly request: CheckRequest },
): Promise<Buckets | string> {
  const { allRows, columns } = suspects.expected.of("parts");
  const { parts } = suspects.request;
  const digest = await rowDigestOf(connection);
  return await bucketsOf({
    ...suspectSides(connection, suspects),
    allRows,
    columns,
    formOf: normalFormOf,
    digest,
    bucketed: async (forms) => bucketedTable(connection, { from: suspects.table.sql, columns, forms, digest, parts }),
  });
}
