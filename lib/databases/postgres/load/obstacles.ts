import { StageError } from "../../../model/errors.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { sql, trusted } from "../identifiers.js";

/**
 * Refuses a table whose rows would not arrive as they were sent: not a table, rewrite rules, columns that the database
 * computes or does not have. Row security raises an error by itself, see session.ts.
 */
export async function assertLoadable(connection: Connection, table: FoundTable, columns: readonly string[]) {
  if (table.kind !== "table" && table.kind !== "partitioned table")
    throw new StageError("specification", `${table.qualifiedName} is a ${table.kind}: only tables can be loaded`);
  await assertNoRules(connection, table);
  await assertColumns(connection, table, columns);
}

async function assertNoRules(connection: Connection, table: FoundTable): Promise<void> {
  const rules = await connection.query<{ name: string }>(
    sql`SELECT rulename AS name FROM pg_rewrite
        WHERE ev_class = ${trusted(table.oid)} AND ev_type <> '1' AND ev_enabled <> 'D' ORDER BY 1`,
  );
  if (rules.length === 0) return;
  const names = rules.map((rule) => rule.name).join(", ");
  throw new StageError(
    "integrity",
    `${table.qualifiedName} has rules that alter what is written: ${names}`,
    `take them out of the way: ALTER TABLE ${table.sql} DISABLE RULE …`,
  );
}

async function assertColumns(connection: Connection, table: FoundTable, columns: readonly string[]): Promise<void> {
  const known = await connection.query<{ name: string; generated: string }>(
    sql`SELECT attname AS name, attgenerated <> '' AS generated FROM pg_attribute
        WHERE attrelid = ${trusted(table.oid)} AND attnum > 0 AND NOT attisdropped`,
  );
  for (const column of columns) {
    const found = known.find(({ name }) => name === column);
    if (found === undefined)
      throw new StageError("specification", `${table.qualifiedName} has no column ${column}`, "correct the mapping");
    if (found.generated === "t")
      throw new StageError(
        "specification",
        `${table.qualifiedName}.${column} is computed by the database and cannot be loaded`,
        "leave it out of the mapping",
      );
  }
}

/** What a person should know before rows are written: triggers of the users that run for them. */
export async function triggerWarnings(connection: Connection, table: FoundTable): Promise<readonly string[]> {
  const triggers = await connection.query<{ name: string }>(
    sql`SELECT tgname AS name FROM pg_trigger
        WHERE tgrelid = ${trusted(table.oid)} AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY tgname COLLATE "C"`,
  );
  if (triggers.length === 0) return [];
  const names = triggers.map((trigger) => trigger.name).join(", ");
  return [`${table.qualifiedName}: triggers ran for the rows that were written: ${names}`];
}
