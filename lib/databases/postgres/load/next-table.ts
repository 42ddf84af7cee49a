import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { qualified, sql, trusted } from "../identifiers.js";
import { nextTable } from "./kept-tables.js";

/**
 * Makes the table that is to take another's place, empty: its columns with their defaults, identities, CHECKs and
 * settings, where and how it is stored. What would slow or alter a load is not there yet: indexes, keys, triggers. Numbers
 * that its identities give go on from those of the table. Call it inside a transaction.
 */
export async function createNextTable(connection: Connection, table: FoundTable): Promise<void> {
  const next = qualified(nextTable(table.qualifiedName));
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  // Lest the role's own default moves a table elsewhere that lies in the database's.
  await connection.execute(sql`SET LOCAL default_tablespace = ''`);
  const [storage] = await connection.query<{ before: string; after: string }>(storageOf(trusted(table.oid)));
  await connection.execute(
    sql`CREATE ${trusted(storage?.before ?? "")} TABLE ${next}
      (LIKE ${table.sql} INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS) ${trusted(storage?.after ?? "")}`,
  );
  for (const select of [columnSettings, comments, numbers]) {
    const steps = await connection.query<{ step: string }>(select(trusted(table.oid), next));
    for (const { step } of steps) await connection.execute(trusted(step));
  }
}

const storageOf = (oid: Sql): Sql => sql`
  SELECT CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE '' END AS before,
    concat('USING ' || quote_ident(m.amname), ' WITH (' || (
      SELECT string_agg(format('%s%I = %L', o.owner, option_name, option_value), ', ' ORDER BY o.owner, option_name)
      FROM (VALUES ('', c.reloptions), ('toast.', t.reloptions)) AS o (owner, options), pg_options_to_table(o.options)
    ) || ')', ' TABLESPACE ' || quote_ident(s.spcname)) AS after
  FROM pg_class c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
  LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ${oid}`;

const columnSettings = (oid: Sql, next: Sql): Sql => sql`
  SELECT format('ALTER TABLE ${next} ALTER COLUMN %I SET STATISTICS %s', attname, attstattarget) AS step
  FROM pg_attribute WHERE attrelid = ${oid} AND attnum > 0 AND NOT attisdropped AND attstattarget >= 0
  UNION ALL
  SELECT format('ALTER TABLE ${next} ALTER COLUMN %I SET (%s)', attname, array_to_string(attoptions, ', '))
  FROM pg_attribute WHERE attrelid = ${oid} AND attnum > 0 AND NOT attisdropped AND attoptions IS NOT NULL`;

// LIKE knows those of columns only, on some servers those of CHECKs.
const comments = (oid: Sql, next: Sql): Sql => sql`
  SELECT format('COMMENT ON TABLE ${next} IS %L', obj_description(${oid}, 'pg_class')) AS step
  WHERE obj_description(${oid}, 'pg_class') IS NOT NULL
  UNION ALL
  SELECT format('COMMENT ON CONSTRAINT %I ON ${next} IS %L', conname, obj_description(oid, 'pg_constraint'))
  FROM pg_constraint WHERE conrelid = ${oid} AND contype IN ('c', 'n') AND obj_description(oid, 'pg_constraint') IS NOT NULL`;

// LIKE makes every identity's sequence a bigint. The setting comes first, as it may change where the numbers end.
const numbers = (oid: Sql, next: Sql): Sql => sql`
  SELECT step FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    JOIN pg_sequence s ON s.seqrelid = d.objid,
    LATERAL (SELECT pg_get_serial_sequence('${next}', a.attname) AS name) AS n,
    LATERAL (VALUES (format('ALTER SEQUENCE %s AS %s', n.name, format_type(s.seqtypid, NULL))),
      (format('SELECT setval(%L, last_value, is_called) FROM %s', n.name, d.objid::regclass))) AS v (step)
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ${oid}
    AND d.deptype = 'i' AND a.attidentity <> ''`;
