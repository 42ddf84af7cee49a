import { hashOf } from "../../../model/hash.js";
import type { Sql } from "../../../model/names.js";
import type { Aspect } from "../../table-aspects.js";
import type { Connection } from "../connection.js";
import { joined, literal, sql, trusted } from "../identifiers.js";
import { tableObjects } from "../table-objects.js";

/**
 * What the catalog says of a table. It names other objects by their names, never by their numbers: a table that took the
 * place of another reads the same where nothing was lost. Call it inside a transaction: it changes the search path, so that
 * every name has its schema.
 */
export async function snapshotOf(connection: Connection, oid: string): Promise<readonly Aspect[]> {
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  // In one statement: a dozen for each table, before a load and after it, would be much of the time of a small one.
  const all = Object.entries(selects).map(
    ([kind, select]) =>
      sql`SELECT ${literal(kind)}, name::text, text::text FROM (${select(trusted(oid))}) AS found (name, text)`,
  );
  return await connection.query<Aspect>(
    sql`SELECT * FROM (${joined(all, " UNION ALL ")}) AS a (kind, name, text) ORDER BY kind COLLATE "C", name COLLATE "C", text COLLATE "C"`,
  );
}

/** Tells two shapes of a table apart. Foreign keys do not count, since they stand aside while a table is loaded. */
export function shapeOf(snapshot: readonly Aspect[]): string {
  const parts = snapshot.filter(({ kind }) => !kind.endsWith("foreign key"));
  return hashOf(parts.map(({ kind, name, text }) => [kind, name, text]));
}

// Who may do what, one line for each right, as (grantee, right).
const grants = (acl: Sql, object: Sql): Sql => sql`
  SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
    concat_ws(' ', ${object}, g.privilege_type, g.is_grantable, g.grantor::regrole) FROM aclexplode(${acl}) AS g`;

// Names of keys are unique within the table they are of.
const keyName = (oid: Sql): Sql =>
  sql`concat_ws(' of ', conname, CASE WHEN conrelid <> ${oid} THEN conrelid::regclass END)`;
const keysOf = (oid: Sql): Sql =>
  sql`pg_constraint WHERE contype = 'f' AND conparentid = 0 AND (conrelid = ${oid} OR confrelid = ${oid})`;

const whole = (objects: Sql): Sql => sql`SELECT name, concat_ws(' ', definition, rest) FROM (${objects}) AS o`;

const selects: Readonly<Record<string, (oid: Sql) => Sql>> = {
  column: (oid) => whole(tableObjects.column(oid)),
  constraint: (oid) => whole(tableObjects.constraint(oid)),
  index: (oid) => whole(tableObjects.index(oid)),
  trigger: (oid) => whole(tableObjects.trigger(oid)),

  table: (oid) => sql`
    SELECT '', concat_ws(' ', c.relkind, c.relpersistence, c.relowner::regrole, s.spcname, m.amname, c.relreplident,
      c.relrowsecurity, c.relforcerowsecurity, (SELECT array_agg(o ORDER BY o) FROM unnest(c.reloptions) AS o),
      (SELECT array_agg(o ORDER BY o) FROM unnest(t.reloptions) AS o), obj_description(c.oid, 'pg_class'))
    FROM pg_class c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = ${oid}`,

  "foreign key": (oid) => sql`
    SELECT ${keyName(oid)}, concat_ws(' ', regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', ''),
      obj_description(oid, 'pg_constraint')) FROM ${keysOf(oid)}`,

  // Apart, since a key that was never checked may be found valid, and nothing is lost by that.
  "validation of foreign key": (oid) => sql`SELECT ${keyName(oid)}, '' FROM ${keysOf(oid)} AND convalidated`,

  policy: (oid) => sql`
    SELECT polname, concat_ws(' ', polpermissive, polcmd, (SELECT array_agg(r::regrole::text ORDER BY r::regrole::text) FROM unnest(polroles) AS r),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy'))
    FROM pg_policy WHERE polrelid = ${oid}`,

  rule: (oid) => sql`
    SELECT rulename, concat_ws(' ', pg_get_ruledef(oid), ev_enabled) FROM pg_rewrite WHERE ev_class = ${oid}`,

  statistics: (oid) => sql`
    SELECT stxname, concat_ws(' ', pg_get_statisticsobjdef(oid), stxowner::regrole,
      NULLIF(to_jsonb(e) ->> 'stxstattarget', '-1'), obj_description(oid, 'pg_statistic_ext'))
    FROM pg_statistic_ext e WHERE stxrelid = ${oid}`,

  sequence: (oid) => sql`
    SELECT a.attname, concat_ws(' ', q.oid::regclass, d.deptype, q.relpersistence, q.relowner::regrole, format_type(s.seqtypid, NULL),
      s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, obj_description(q.oid, 'pg_class'))
    FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_sequence s ON s.seqrelid = q.oid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ${oid}
      AND d.deptype IN ('a', 'i')`,

  grant: (oid) => sql`
    SELECT g.* FROM pg_class c, LATERAL (${grants(sql`COALESCE(c.relacl, acldefault('r', c.relowner))`, sql`'table'`)}) AS g
    WHERE c.oid = ${oid}
    UNION ALL
    SELECT g.* FROM pg_attribute a, LATERAL (${grants(sql`a.attacl`, sql`a.attname`)}) AS g
    WHERE a.attrelid = ${oid} AND NOT a.attisdropped
    UNION ALL
    SELECT g.* FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S',
      LATERAL (${grants(sql`COALESCE(q.relacl, acldefault('s', q.relowner))`, sql`q.relname`)}) AS g
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ${oid}
      AND d.deptype IN ('a', 'i')`,
};
