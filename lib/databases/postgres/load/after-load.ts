import type { MovedSequence } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, identifier, literal, qualified, sql, trusted } from "../identifiers.js";

/** A sequence, and the column it feeds. */
export interface OwnedSequence {
  readonly column: string;
  readonly schema: string;
  readonly name: string;
  readonly ascending: string;
}

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

/**
 * The sequences that feed a table's whole numbers. Serial and identity columns own theirs (a, i); a default that calls
 * nextval may use anybody's (n).
 */
export async function sequencesOf(connection: Connection, table: FoundTable): Promise<readonly OwnedSequence[]> {
  const oid = trusted(table.oid);
  return await connection.query<OwnedSequence>(sql`
    WITH feeds AS (
      SELECT d.refobjsubid AS number, d.objid AS sequence FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = ${oid} AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
      UNION
      SELECT f.adnum, d.refobjid FROM pg_attrdef f JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass
        AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
      WHERE f.adrelid = ${oid}
    )
    SELECT a.attname AS column, n.nspname AS schema, c.relname AS name, s.seqincrement > 0 AS ascending
    FROM feeds JOIN pg_sequence s ON s.seqrelid = feeds.sequence JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = ${oid} AND a.attnum = feeds.number
    WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
    ORDER BY a.attnum, c.relname COLLATE "C"`);
}

async function moveSequence(
  connection: Connection,
  table: FoundTable,
  { schema, name, column, ascending }: OwnedSequence,
): Promise<string | undefined> {
  const sequence = qualified(formatQualified(schema, name));
  const value = identifier(column);
  // The last number the rows use up, in the direction the sequence runs.
  const last =
    ascending === "t" ? sql`floor(max(${value})::numeric)::bigint` : sql`ceil(min(${value})::numeric)::bigint`;
  const behind =
    ascending === "t"
      ? sql`s.last_value < l.value OR (s.last_value = l.value AND NOT s.is_called)`
      : sql`s.last_value > l.value OR (s.last_value = l.value AND NOT s.is_called)`;
  const rows = await connection.query<{ value: string }>(sql`
    SELECT setval(${literal(sequence)}::regclass, l.value) AS value
    FROM (SELECT ${last} AS value FROM ${table.sql}) AS l, ${sequence} AS s WHERE ${behind}`);
  return rows[0]?.value;
}
