import { type NormalForm, normalFormOf } from "../../mapping/normal-forms.js";
import type { Buckets, Suspects } from "../buckets-port.js";
import type { Comparison } from "../checks-port.js";
import { compareRows } from "../compare-rows.js";
import type { DatabaseColumn, DatabaseTable } from "../port.js";
import { bucketedTable } from "./bucketed-table.js";
import type { FoundTable } from "./catalog.js";
import { comparedTables } from "./compare.js";
import type { Connection } from "./connection.js";
import type { ExpectedSides } from "./expected-rows.js";
import { givenRows } from "./given-rows.js";
import { identifiers, sql } from "./identifiers.js";

export interface BucketsOf {
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly expected: ExpectedSides;
}

/** The rows of a table as checksums, or why it has none: rows that are not ours, or a type without a proven form. */
export async function bucketsOf(
  connection: Connection,
  { table, description, expected }: BucketsOf,
): Promise<Buckets | string> {
  const sides = expected.of("parts");
  if (!sides.allRows) return "rows of others may stand beside these";
  const columns = sides.columns.flatMap(({ name }) => description.columns.filter((column) => column.name === name));
  const forms = formsOf(columns);
  if (typeof forms === "string") return forms;
  const compare = async ({ expected: given, actual, equal }: Suspects): Promise<Comparison> => {
    const key =
      given.length + actual.length === 0 || (await isUnique(connection, { table, description, sides }))
        ? sides.key
        : [];
    expected.give("parts", {
      expected: givenRows(sides.columns, given),
      actual: givenRows(sides.columns, actual),
      key,
    });
    const found = await compareRows(comparedTables(connection, expected.of("parts")), {
      of: "parts",
      expected: given.length,
    });
    return { ...found, expected: found.expected + equal, actual: found.actual + equal, equal: found.equal + equal };
  };
  return { forms, ...(await bucketedTable(connection, { from: table.sql, columns, forms })), compare };
}

function formsOf(columns: readonly DatabaseColumn[]): readonly NormalForm[] | string {
  const forms = columns.map(({ valueType, databaseType }) => normalFormOf(valueType ?? databaseType));
  const without = columns.filter((_, index) => forms[index] === undefined);
  if (without.length === 0) return forms.filter((form) => form !== undefined);
  return `no checksum is proven for ${without.map(({ name, databaseType }) => `${name} (${databaseType})`).join(", ")}`;
}

// Among the rows that differ a key may name one, and among all rows several: then rows are compared whole.
async function isUnique(
  connection: Connection,
  { table, description, sides }: Omit<BucketsOf, "expected"> & { readonly sides: ReturnType<ExpectedSides["of"]> },
): Promise<boolean> {
  const names = sides.key.map(({ name }) => name);
  if (description.primaryKey.length > 0 && description.primaryKey.every((name) => names.includes(name))) return true;
  if (names.length === 0) return false;
  const [row] = await connection.query<{ count: string }>(
    sql`SELECT count(*) FROM (SELECT FROM ${table.sql} GROUP BY ${identifiers(names)} HAVING count(*) > 1 LIMIT 1) AS repeated`,
  );
  return row?.count === "0";
}
