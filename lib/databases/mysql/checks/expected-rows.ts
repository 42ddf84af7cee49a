import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import { identifier, identifiers, literal, trusted } from "../identifiers.js";
import { rowNumber } from "../load/own-tables.js";
import type { TargetConnection } from "../load/target-connection.js";

/** Temporary tables of the target's types, and none of its constraints: rows to compare its own with. */
export const expectedTables = {
  parts: sql`waybill_expected`,
  sample: sql`waybill_sample`,
  /** A copy of either, for a statement that looks at it twice: MySQL opens a temporary table only once in each. */
  again: sql`waybill_again`,
} as const;

const all = Object.values(expectedTables);

/** Makes the temporary tables, empty. Throws "forbidden" naming the privilege where the server does not let us. */
export async function createExpected(
  connection: TargetConnection,
  table: FoundTable,
  names: readonly string[],
): Promise<void> {
  const spelled = await connection.query(
    sql`SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS WHERE ${table.place}`,
  );
  const columns = names.map((name) => {
    const [, type = "", characterSet = null, collation = null] = spelled.find(([own]) => own === name) ?? [];
    const text =
      characterSet === null || collation === null
        ? sql``
        : sql` CHARACTER SET ${trusted(characterSet)} COLLATE ${trusted(collation)}`;
    return sql`${identifier(name)} ${trusted(type ?? "")}${text} NULL`;
  });
  await dropExpected(connection);
  try {
    for (const name of all)
      await connection.execute(sql`CREATE TEMPORARY TABLE ${name} (${rowNumber}, ${join(columns, ", ")})`);
  } catch (error) {
    throw error instanceof StageError && error.kind === "forbidden" ? mayNot(connection, error) : error;
  }
}

function mayNot({ location }: TargetConnection, error: StageError): StageError {
  return new StageError(
    "forbidden",
    `rows to compare with cannot be brought into ${location}: ${error.message}`,
    `grant it: GRANT CREATE TEMPORARY TABLES ON ${location.split("/").at(-1)}.* TO the user of the connection`,
    error,
  );
}

/** Removes what `createExpected` made; outside a transaction. */
export async function dropExpected(connection: TargetConnection): Promise<void> {
  await connection.execute(sql`DROP TEMPORARY TABLE IF EXISTS ${join(all, ", ")}`);
}

/** Makes `again` a copy of one of the others. */
export async function copyAgain(connection: TargetConnection, from: Sql, names: readonly string[]): Promise<void> {
  await connection.execute(sql`DELETE FROM ${expectedTables.again}`);
  await connection.execute(
    sql`INSERT INTO ${expectedTables.again} (${identifiers(names)}) SELECT ${identifiers(names)} FROM ${from}`,
  );
}

/** Joins of whole tables are hashed in memory of this size, and groups are kept in as much. */
const workBytes = "134217728";
const settings: Readonly<Record<string, string>> = {
  join_buffer_size: workBytes,
  join_buffer_space_limit: "1073741824",
  join_cache_level: "4",
  tmp_table_size: workBytes,
  max_heap_table_size: workBytes,
  net_write_timeout: "86400",
};

/** Lets the session compare large tables, as far as this server knows the settings. */
export async function enlarge(connection: TargetConnection): Promise<void> {
  const names = join(Object.keys(settings).map(literal), ", ");
  const known = await connection.query(sql`SHOW VARIABLES WHERE Variable_name IN (${names})`);
  const assignments = known.map(([name]) => trusted(`SESSION ${name} = ${settings[name ?? ""]}`));
  if (assignments.length > 0) await connection.execute(sql`SET ${join(assignments, ", ")}`);
}
