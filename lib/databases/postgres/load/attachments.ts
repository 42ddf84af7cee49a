import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal, sql, trusted } from "../identifiers.js";

/** Two tables, one of which is to take the other's place. */
export interface Exchange {
  readonly live: FoundTable;
  readonly next: FoundTable;
}

/** What hangs on a live table: how it is taken off, and how it is put on the table that has taken its place. */
export interface Attachments {
  /** Sequences let go of it, and those of the next table's identities go on where its own are. */
  readonly release: readonly Sql[];
  /** All else is taken off: what is left are columns and rows, for their owner alone. */
  readonly strip: readonly Sql[];
  /** Put on again, under the names the live table had. */
  readonly attach: readonly Sql[];
}

/** Reads what hangs on a live table. Call it inside a transaction: it changes the search path. */
export async function attachmentsOf(connection: Connection, exchange: Exchange): Promise<Attachments> {
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  const steps = async (selects: readonly ((names: Names) => Sql)[]) => {
    const all: Sql[] = [];
    for (const select of selects) {
      const rows = await connection.query<{ step: string }>(
        sql`SELECT step FROM (${select(namesOf(exchange))}) AS s (step) WHERE step IS NOT NULL`,
      );
      all.push(...rows.map(({ step }) => trusted(step)));
    }
    return all;
  };
  return {
    release: await steps([identityNumbers, sequencesReleased]),
    strip: await steps([stripped, rightsRevoked]),
    attach: await steps([
      ...[owner, sequencesOwned, tableRights, columnRights, sequenceRights],
      ...[triggers, triggerStates, policies, rowSecurity, statistics, replicaIdentity],
    ]),
  };
}

interface Names {
  /** Numbers of the two tables. */
  readonly live: Sql;
  readonly next: Sql;
  /** The live table's name in quotes, as a literal. */
  readonly name: Sql;
}

const namesOf = ({ live, next }: Exchange): Names => ({
  live: trusted(live.oid),
  next: trusted(next.oid),
  name: literal(live.sql),
});

/** The sequences of a table's columns: `i` those of identities, `a` those a column owns. */
const sequencesOf = (oid: Sql): Sql => sql`(
  SELECT d.deptype AS kind, a.attname AS "column", q.oid, q.relname AS name, q.relacl, q.relowner, n.nspname AS schema, s.seqincrement > 0 AS up,
    q.oid::regclass AS full_name
  FROM pg_depend d JOIN pg_class q ON q.oid = d.objid JOIN pg_namespace n ON n.oid = q.relnamespace
  JOIN pg_sequence s ON s.seqrelid = q.oid
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ${oid}
    AND d.deptype IN ('a', 'i'))`;

// A number once given is not given again, whichever of the two gave it.
const identityNumbers = ({ live, next }: Names): Sql => sql`
  SELECT format('SELECT setval(%L, l.last_value, l.is_called) FROM %s AS l, %s AS n
    WHERE l.last_value %s n.last_value OR (l.last_value = n.last_value AND l.is_called)',
    n.full_name, l.full_name, n.full_name, CASE WHEN l.up THEN '>' ELSE '<' END)
  FROM ${sequencesOf(live)} AS l JOIN ${sequencesOf(next)} AS n USING ("column") WHERE l.kind = 'i' AND n.kind = 'i'`;

const sequencesReleased = ({ live, name }: Names): Sql => sql`
  SELECT CASE kind WHEN 'i' THEN format('ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY', ${name}, "column")
    ELSE format('ALTER SEQUENCE %s OWNED BY NONE', full_name) END FROM ${sequencesOf(live)} AS l`;

const sequencesOwned = ({ live, next, name }: Names): Sql => sql`
  SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', full_name, ${name}, "column") FROM ${sequencesOf(live)} AS l WHERE kind = 'a'
  UNION ALL
  SELECT step FROM ${sequencesOf(live)} AS l JOIN ${sequencesOf(next)} AS n USING ("column"), LATERAL (VALUES
    (format('ALTER SEQUENCE %I.%I RENAME TO %I', l.schema, n.name, l.name)),
    (format('COMMENT ON SEQUENCE %s IS %L', l.full_name, obj_description(l.oid, 'pg_class')))) AS s (step)
  WHERE l.kind = 'i' AND n.kind = 'i'`;

const stripped = ({ live, name }: Names): Sql => sql`
  SELECT format('DROP TRIGGER %I ON %s', tgname, ${name}) FROM pg_trigger WHERE tgrelid = ${live} AND NOT tgisinternal
  UNION ALL
  SELECT format('DROP POLICY %I ON %s', polname, ${name}) FROM pg_policy WHERE polrelid = ${live}
  UNION ALL
  SELECT format('DROP STATISTICS %I.%I', n.nspname, s.stxname) FROM pg_statistic_ext s
    JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ${live}
  UNION ALL
  SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', ${name}, conname) FROM pg_constraint
    WHERE conrelid = ${live} AND contype IN ('c', 'p', 'u', 'x')
  UNION ALL
  SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index x WHERE indrelid = ${live}
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.conrelid = ${live})
  UNION ALL
  SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', ${name}, attname) FROM pg_attribute
    WHERE attrelid = ${live} AND attnum > 0 AND NOT attisdropped AND atthasdef AND attgenerated = ''
  UNION ALL
  SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY, REPLICA IDENTITY DEFAULT', ${name})`;

const rightsRevoked = ({ live, name }: Names): Sql => sql`
  SELECT DISTINCT format('REVOKE ALL ON TABLE %s FROM %s CASCADE', ${name}, ${grantee})
  FROM pg_class c, LATERAL (SELECT c.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = c.oid) AS a (acl), aclexplode(a.acl) AS g
  WHERE c.oid = ${live} AND g.grantee <> c.relowner`;

const grantee = sql`CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END`;

const owner = ({ live, next, name }: Names): Sql => sql`
  SELECT format('ALTER TABLE %s OWNER TO %s', ${name}, l.relowner::regrole) FROM pg_class l, pg_class n
  WHERE l.oid = ${live} AND n.oid = ${next} AND l.relowner <> n.relowner`;

/** The rights on an object, as they are in `acl`, in exchange for those in `now`: privileges by default may have come with it. */
const exchanged = (
  object: Sql,
  { acl, now, owner: ownedBy }: Readonly<Record<"acl" | "now" | "owner", Sql>>,
): Sql => sql`
  SELECT step FROM (
    SELECT 1, format('REVOKE ALL ON %s FROM PUBLIC, %s', ${object}, concat_ws(', ', ${ownedBy}::regrole,
      (SELECT string_agg(DISTINCT g.grantee::regrole::text, ', ') FROM aclexplode(${now}) AS g WHERE g.grantee <> 0)))
    UNION ALL
    SELECT 2, format('GRANT %s ON %s TO %s%s', g.privilege_type, ${object}, ${grantee},
      CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM aclexplode(${acl}) AS g ORDER BY 1) AS s (number, step)`;

const tableRights = ({ live, next, name }: Names): Sql => sql`
  SELECT s.step FROM pg_class l, pg_class n, LATERAL (${exchanged(sql`format('TABLE %s', ${name})`, {
    acl: sql`COALESCE(l.relacl, acldefault('r', l.relowner))`,
    now: sql`n.relacl`,
    owner: sql`l.relowner`,
  })}) AS s
  WHERE l.oid = ${live} AND n.oid = ${next} AND (l.relacl IS NOT NULL OR n.relacl IS NOT NULL)`;

const columnRights = ({ live, name }: Names): Sql => sql`
  SELECT format('GRANT %s (%I) ON TABLE %s TO %s%s', g.privilege_type, a.attname, ${name}, ${grantee},
    CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_attribute a, aclexplode(a.attacl) AS g WHERE a.attrelid = ${live} AND NOT a.attisdropped`;

const sequenceRights = ({ live, next }: Names): Sql => sql`
  SELECT s.step FROM ${sequencesOf(live)} AS l JOIN ${sequencesOf(next)} AS n USING ("column"),
    LATERAL (${exchanged(sql`format('SEQUENCE %s', l.full_name)`, {
      acl: sql`COALESCE(l.relacl, acldefault('s', l.relowner))`,
      now: sql`n.relacl`,
      owner: sql`l.relowner`,
    })}) AS s
  WHERE l.kind = 'i' AND n.kind = 'i' AND (l.relacl IS NOT NULL OR n.relacl IS NOT NULL)`;

const triggers = ({ live }: Names): Sql => sql`
  SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = ${live} AND NOT tgisinternal ORDER BY tgname`;

const triggerStates = ({ live, name }: Names): Sql => sql`
  SELECT step FROM pg_trigger t, LATERAL (VALUES
    (format('ALTER TABLE %s %s TRIGGER %I', ${name}, CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
      WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, tgname)),
    (format('COMMENT ON TRIGGER %I ON %s IS %L', tgname, ${name}, obj_description(t.oid, 'pg_trigger')))) AS s (step)
  WHERE tgrelid = ${live} AND NOT tgisinternal`;

const policies = ({ live, name }: Names): Sql => sql`
  SELECT step FROM pg_policy p, LATERAL (VALUES
    (format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', polname, ${name},
      CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ') FROM unnest(polroles) AS r))
      || COALESCE(' USING (' || pg_get_expr(polqual, polrelid) || ')', '')
      || COALESCE(' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')', '')),
    (format('COMMENT ON POLICY %I ON %s IS %L', polname, ${name}, obj_description(p.oid, 'pg_policy')))) AS s (step)
  WHERE polrelid = ${live}`;

const rowSecurity = ({ live, name }: Names): Sql => sql`
  SELECT CASE WHEN relrowsecurity THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', ${name}) END FROM pg_class WHERE oid = ${live}
  UNION ALL
  SELECT CASE WHEN relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', ${name}) END FROM pg_class WHERE oid = ${live}`;

const statistics = ({ live }: Names): Sql => sql`
  SELECT step FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace, LATERAL (VALUES
    (pg_get_statisticsobjdef(e.oid)),
    (format('ALTER STATISTICS %I.%I OWNER TO %s', n.nspname, stxname, stxowner::regrole)),
    ('ALTER STATISTICS ' || format('%I.%I', n.nspname, stxname) || ' SET STATISTICS ' || NULLIF(to_jsonb(e) ->> 'stxstattarget', '-1')),
    (format('COMMENT ON STATISTICS %I.%I IS %L', n.nspname, stxname, obj_description(e.oid, 'pg_statistic_ext')))) AS s (step)
  WHERE stxrelid = ${live}`;

// By an index: that comes with the index.
const replicaIdentity = ({ live, name }: Names): Sql => sql`
  SELECT CASE relreplident WHEN 'f' THEN format('ALTER TABLE %s REPLICA IDENTITY FULL', ${name})
    WHEN 'n' THEN format('ALTER TABLE %s REPLICA IDENTITY NOTHING', ${name}) END FROM pg_class WHERE oid = ${live}`;
