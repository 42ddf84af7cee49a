import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { columnNamed } from "../../answer-test.js";
import type { Reference } from "../../checks-port.js";
import type { DatabaseColumn, DatabaseTable } from "../../port.js";
import { type FoundTable, findTable } from "../catalog.js";
import { byBytes, fileText } from "../column-text.js";
import { kindOf } from "../column-types.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { literal, trusted } from "../identifiers.js";
import { type ComparedColumn, columnOf, comparable } from "./compare-columns.js";
import { oneOrList } from "./compare-sql.js";
import type { AskedTable } from "./test-dialect.js";

/** The table that refers, and the columns of it that are compared. */
export interface Child extends AskedTable {
  readonly description: DatabaseTable;
  readonly columns: readonly ComparedColumn[];
  /** What names its rows; none: all columns do. */
  readonly key: readonly ComparedColumn[];
}

/** One line with one number: rows without NULL in the reference whose parent is not there, as MATCH SIMPLE has it. */
export async function countOrphans(connection: Connection, child: Child, reference: Reference): Promise<Sql> {
  return sql`SELECT count(*) ${await orphansOf(connection, child, reference)}`;
}

/** A line for each such row, in the order of the key: kind, key, columns, what is expected, what they hold. */
export async function listOrphans(
  connection: Connection,
  child: Child,
  { reference, limit }: { readonly reference: Reference; readonly limit: number },
): Promise<Sql> {
  const key = child.key.length > 0 ? child.key : child.columns;
  const own = reference.columns.map(
    (name): ComparedColumn => ({ ...columnNamed(child.description, name), by: "value" }),
  );
  const textOf = (columns: readonly ComparedColumn[]): Sql =>
    oneOrList(
      columns.map((column) => columnOf(sql`c`, column)),
      columns,
    );
  const order = key.map((column) => comparable(columnOf(sql`c`, column), column));
  return sql`SELECT 'orphan', ${textOf(key)}, ${literal(reference.columns.join(", "))}, ${literal(`a row of ${reference.parent}`)},
      ${textOf(own)} ${await orphansOf(connection, child, reference)}
    ORDER BY ${join(order, ", ")} LIMIT ${trusted(String(limit))}`;
}

async function orphansOf(
  connection: Connection,
  { table, rows, description }: Child,
  reference: Reference,
): Promise<Sql> {
  const parent = await findTable(connection, reference.parent);
  const parentDescription = await describeTable(connection, parent);
  const own = reference.columns.map((name) => columnNamed(description, name));
  const collations = [await collationsOf(connection, table), await collationsOf(connection, parent)] as const;
  const same = own.map((column, index) => {
    const other = columnNamed(parentDescription, reference.parentColumns[index] ?? "");
    const isSame =
      column.databaseType === other.databaseType && collations[0].get(column.name) === collations[1].get(other.name);
    return equal(column, other, isSame);
  });
  return sql`FROM ${rows} AS c WHERE ${join(
    own.map((column) => sql`${columnOf(sql`c`, column)} IS NOT NULL`),
    " AND ",
  )}
    AND NOT EXISTS (SELECT 1 FROM ${parent.sql} AS p WHERE ${join(same, " AND ")})`;
}

// As a foreign key compares, where there could be one; else by what the values are in a file.
function equal(own: DatabaseColumn, other: DatabaseColumn, isSame: boolean): Sql {
  const [left, right] = [columnOf(sql`c`, own), columnOf(sql`p`, other)];
  const areNumbers = [own, other].every((column) => kindOf(column) === "number");
  if (isSame || areNumbers) return sql`${right} = ${left}`;
  return sql`${byBytes(fileText(other, right))} = ${byBytes(fileText(own, left))}`;
}

async function collationsOf(connection: Connection, { place }: FoundTable): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.query(
    sql`SELECT COLUMN_NAME, coalesce(COLLATION_NAME, '') FROM information_schema.COLUMNS WHERE ${place}`,
  );
  return new Map(rows.map(([name, collation]) => [name ?? "", collation ?? ""]));
}
