import type { Sql } from "../../model/names.js";
import type { StructureObject } from "../port.js";
import type { FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { formatQualified, identifier, literal, qualified, sql, trusted } from "./identifiers.js";

/** A sequence, and the column it feeds. */
export interface OwnedSequence {
  readonly column: string;
  readonly schema: string;
  readonly name: string;
  readonly ascending: string;
  /** Its type and its settings, but for its value, and whose column it is. */
  readonly definition: string;
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
    SELECT a.attname AS column, n.nspname AS schema, c.relname AS name, s.seqincrement > 0 AS ascending,
      format('for %I, %s, start %s, increment %s, from %s to %s%s', a.attname, format_type(s.seqtypid, NULL), s.seqstart,
        s.seqincrement, s.seqmin, s.seqmax, CASE WHEN s.seqcycle THEN ', cycle' ELSE '' END) AS definition
    FROM feeds JOIN pg_sequence s ON s.seqrelid = feeds.sequence JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = ${oid} AND a.attnum = feeds.number
    WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
    ORDER BY a.attnum, c.relname COLLATE "C"`);
}

/** The last number that the rows use up, in the direction the sequence runs; over the table. */
export function lastUsed({ column, ascending }: OwnedSequence): Sql {
  const value = identifier(column);
  return ascending === "t" ? sql`floor(max(${value})::numeric)::bigint` : sql`ceil(min(${value})::numeric)::bigint`;
}

/**
 * The sequences that feed a table, each with a flaw where its next value is one that the rows have used up, or lies before.
 * `rows`, a fragment of FROM without an alias, says which rows: all, or those that are ours.
 */
export async function sequenceObjects(
  connection: Connection,
  table: FoundTable,
  rows: Sql = table.sql,
): Promise<readonly StructureObject[]> {
  const objects: StructureObject[] = [];
  for (const sequence of await sequencesOf(connection, table)) {
    const name = formatQualified(sequence.schema, sequence.name);
    const object = { kind: "sequence", name, definition: sequence.definition } as const;
    objects.push({ ...object, ...(await nextValue(connection, rows, sequence)) });
  }
  return objects;
}

async function nextValue(
  connection: Connection,
  rows: Sql,
  sequence: OwnedSequence,
): Promise<Pick<StructureObject, "flaw" | "unknown">> {
  const name = qualified(formatQualified(sequence.schema, sequence.name));
  const [right] = await connection.query<{ may: string; role: string }>(
    sql`SELECT has_sequence_privilege(${literal(name)}, 'SELECT') AS may, quote_ident(current_user) AS role`,
  );
  if (right?.may !== "t")
    return { unknown: `this role may not read it: GRANT SELECT ON SEQUENCE ${name} TO ${right?.role}` };
  const isAscending = sequence.ascending === "t";
  const [row] = await connection.query<{ used: string | null }>(sql`
    SELECT n.value ${isAscending ? sql`<=` : sql`>=`} l.value AS used
    FROM (SELECT ${lastUsed(sequence)} AS value FROM ${rows} AS these) AS l,
      (SELECT last_value::numeric + CASE WHEN is_called THEN seqincrement ELSE 0 END AS value
       FROM ${name}, pg_sequence WHERE seqrelid = ${literal(name)}::regclass) AS n`);
  const { column } = sequence;
  const beyond = isAscending ? `above the maximum of ${column}` : `below the minimum of ${column}`;
  return row?.used === "t" ? { flaw: `its next value is not ${beyond}` } : {};
}
