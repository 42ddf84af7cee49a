import type { MovedSequence } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, literal, qualified, sql, trusted } from "../identifiers.js";
import { lastUsed, type OwnedSequence, sequencesOf } from "../sequences.js";

/**
 * Moves each sequence that feeds a column of the table past the column's maximum, and refreshes the statistics, unless
 * the load wrote less than a tenth of the rows (`written`; all, where nothing is said).
 * The value comes from the rows alone, and no sequence ever goes backwards: a number once given is not given again.
 */
export async function afterLoad(
  connection: Connection,
  name: string,
  written?: number,
): Promise<readonly MovedSequence[]> {
  const table = await findTable(connection, name);
  const moved: MovedSequence[] = [];
  for (const sequence of await sequencesOf(connection, table)) {
    const value = await moveSequence(connection, table, sequence);
    const { schema, name, column } = sequence;
    if (value !== undefined) moved.push({ sequence: formatQualified(schema, name), column, value });
  }
  if (written === undefined || (await isMuch(connection, table, written)))
    await connection.execute(sql`ANALYZE ${table.sql}`);
  return moved;
}

// By what the statistics say; a table that has none counts as small.
async function isMuch(connection: Connection, { oid }: FoundTable, written: number): Promise<boolean> {
  const [row] = await connection.query<{ much: string }>(
    sql`SELECT reltuples <= 10 * $1::float8 AS much FROM pg_class WHERE oid = ${trusted(oid)}`,
    [String(written)],
  );
  return row?.much === "t";
}

async function moveSequence(
  connection: Connection,
  table: FoundTable,
  sequence: OwnedSequence,
): Promise<string | undefined> {
  const name = qualified(formatQualified(sequence.schema, sequence.name));
  const behind =
    sequence.ascending === "t"
      ? sql`s.last_value < l.value OR (s.last_value = l.value AND NOT s.is_called)`
      : sql`s.last_value > l.value OR (s.last_value = l.value AND NOT s.is_called)`;
  const rows = await connection.query<{ value: string }>(sql`
    SELECT setval(${literal(name)}::regclass, l.value) AS value
    FROM (SELECT ${lastUsed(sequence)} AS value FROM ${table.sql}) AS l, ${name} AS s WHERE ${behind}`);
  return rows[0]?.value;
}
