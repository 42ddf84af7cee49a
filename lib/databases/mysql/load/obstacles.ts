import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { LoadCheck } from "../../target-port.js";
import { engineOf, type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { accountedRows, numberOf } from "./generations.js";

/**
 * Refuses a table whose rows would not arrive as they were sent, or not all at once: not a table, a storage that knows no
 * transactions, columns that the database computes or does not have.
 */
export async function assertLoadable(
  connection: Connection,
  table: FoundTable,
  columns: readonly string[],
): Promise<void> {
  const { kind, columns: known } = await describeTable(connection, table);
  const { qualifiedName } = table;
  if (kind !== "table" && kind !== "partitioned table")
    throw new StageError("specification", `${qualifiedName} is a ${kind}: only tables can be loaded`);
  await assertTransactional(connection, table);
  for (const column of columns) {
    const found = known.find(({ name }) => name === column);
    if (found === undefined)
      throw new StageError("specification", `${qualifiedName} has no column ${column}`, "correct the mapping");
    if (found.generated)
      throw new StageError(
        "specification",
        `${qualifiedName}.${column} is computed by the database and cannot be loaded`,
        "leave it out of the mapping",
      );
  }
}

async function assertTransactional(connection: Connection, table: FoundTable): Promise<void> {
  const { engine, isTransactional } = await engineOf(connection, table);
  if (isTransactional) return;
  throw new StageError(
    "specification",
    `${table.qualifiedName} is stored by ${engine}, which knows no transactions: half a load could not be undone`,
    `ALTER TABLE ${table.sql} ENGINE = InnoDB`,
  );
}

/** The number of rows in a table. */
export async function countRows(connection: Connection, table: FoundTable): Promise<number> {
  return await numberOf(connection, sql`SELECT count(*) FROM ${table.sql}`);
}

/** Throws what replacing would refuse before the first row. It looks only. */
export async function assertReplaceable(connection: Connection, check: LoadCheck): Promise<void> {
  const table = await findTable(connection, check.table);
  await assertLoadable(connection, table, check.columns);
  await assertOurs(connection, table, check);
}

/** How many rows the table holds. Throws "integrity" where they are not as many as this migration put there. */
export async function assertOurs(connection: Connection, table: FoundTable, check: LoadCheck): Promise<number> {
  const present = await countRows(connection, table);
  if (present === 0 || check.confirmed) return present;
  const ours = await accountedRows(connection, check.migration, table.qualifiedName);
  // Also where they are fewer: MySQL does not tell who wrote a row, so that those left may be anybody's.
  if (present === ours) return present;
  throw new StageError(
    "integrity",
    `${table.qualifiedName} holds ${present} rows, but ${check.migration} loaded ${ours} of them`,
    `look at them first; to replace them all the same: --confirm ${check.migration}`,
  );
}
