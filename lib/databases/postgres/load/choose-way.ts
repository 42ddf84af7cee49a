import type { Sql } from "../../../model/names.js";
import type { ChosenWay, LoadCheck } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal, sql, trusted } from "../identifiers.js";
import { hasLedger } from "./ledger.js";
import { chooseMergeWay } from "./merge-way.js";

/** Decides how a table is loaded: by a swap where nothing hinders it, else in place, saying what does. */
export async function chooseWay(connection: Connection, check: LoadCheck): Promise<ChosenWay> {
  switch (check.mode) {
    case "replace": {
      const obstacle = await swapObstacle(connection, check);
      if (obstacle === undefined) return { way: "swap", because: undefined, aside: "foreign keys" };
      return { way: "in place", because: obstacle, aside: "all" };
    }
    case "upsert":
    case "insert":
      return await chooseMergeWay(connection, check);
    default:
      return check.mode satisfies never;
  }
}

// The first thing that another table in this one's place would not carry. What is carried: see attachments.ts.
async function swapObstacle(connection: Connection, check: LoadCheck): Promise<string | undefined> {
  if (check.inPlace) return "the specification says in_place";
  const table = await findTable(connection, check.table);
  if (table.kind !== "table") return `it is a ${table.kind}`;
  const oid = trusted(table.oid);
  return await connection.transaction(async () => {
    await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
    for (const select of [rights, kindOfTable, keysOfOthers, ownParts, publications, dependents]) {
      const [found] = await connection.query<{ what: string }>(
        sql`SELECT what FROM (${select(oid)}) AS o (what) LIMIT 1`,
      );
      if (found !== undefined) return found.what;
    }
    if (check.triggers === "keep") {
      const select = sql`SELECT format('trigger %I runs for each row', tgname) AS what FROM pg_trigger
        WHERE tgrelid = ${oid} AND NOT tgisinternal AND tgenabled IN ('O', 'A') ORDER BY 1 LIMIT 1`;
      const [found] = await connection.query<{ what: string }>(select);
      if (found !== undefined) return found.what;
    }
    return await keyStandsAside(connection, table);
  });
}

// Another table's foreign key may be aside already, dropped by a run that was cut off: its way must be gone on with.
async function keyStandsAside(connection: Connection, table: FoundTable): Promise<string | undefined> {
  if (!(await hasLedger(connection))) return undefined;
  const [found] = await connection.query<{ what: string }>(sql`
    SELECT format('foreign key %I of %s', d.name, d.table_name) AS what FROM waybill.definitions d,
      pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE d.kind = 'foreign key' AND c.oid = ${trusted(table.oid)} AND d.table_name <> ${literal(table.qualifiedName)}
      AND EXISTS (SELECT FROM json_array_elements_text(d.steps) AS s (step)
        WHERE strpos(s.step, format(' REFERENCES %I.%I(', n.nspname, c.relname)) > 0)
    ORDER BY d.table_name COLLATE "C", d.name COLLATE "C" LIMIT 1`);
  return found?.what;
}

// Another's table can be loaded, but not replaced by a new one: it would have to be given back to its owner.
const rights = (oid: Sql): Sql => sql`
  SELECT CASE
    WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN format('%s owns it', c.relowner::regrole)
    WHEN NOT has_schema_privilege(n.oid, 'CREATE') THEN format('%s may create no table in the schema %I', current_user, n.nspname)
    WHEN NOT has_schema_privilege(c.relowner, n.oid, 'CREATE')
      THEN format('its owner %s may create no table in the schema %I', c.relowner::regrole, n.nspname)
    ELSE format('%s may not set the role %s', current_user, c.relowner::regrole) END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ${oid} AND NOT (pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE')
    AND has_schema_privilege(c.relowner, n.oid, 'CREATE')
    AND CASE WHEN current_setting('server_version_num')::int < 160000 THEN pg_has_role(c.relowner, 'MEMBER')
        ELSE pg_has_role(c.relowner, 'SET') END)
  UNION ALL
  SELECT format('grants on it were made by %s', g.grantor::regrole) FROM pg_class c,
    LATERAL (SELECT c.relacl UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = c.oid) AS a (acl), aclexplode(a.acl) AS g
  WHERE c.oid = ${oid} AND g.grantor <> c.relowner
  UNION ALL
  SELECT format('trigger %I calls a function that %s may not execute', t.tgname, current_user) FROM pg_trigger t
  WHERE t.tgrelid = ${oid} AND NOT t.tgisinternal AND NOT has_function_privilege(t.tgfoid, 'EXECUTE')`;

const kindOfTable = (oid: Sql): Sql => sql`
  SELECT CASE WHEN relispartition THEN 'it is a partition' WHEN reloftype <> 0 THEN 'it is a typed table'
    WHEN relpersistence = 't' THEN 'it is a temporary table' ELSE 'it inherits, or is inherited from' END FROM pg_class
  WHERE oid = ${oid} AND (relispartition OR reloftype <> 0 OR relpersistence = 't'
    OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = ${oid} OR inhparent = ${oid}))`;

const keysOfOthers = (oid: Sql): Sql => sql`
  SELECT format('foreign key %I of %s', conname, conrelid::regclass) FROM pg_constraint
  WHERE contype = 'f' AND confrelid = ${oid} AND conrelid <> ${oid} ORDER BY 1`;

// What a new table would have otherwise than this one has it. A foreign key of its own must be one that stands aside.
const ownParts = (oid: Sql): Sql => sql`
  SELECT format('constraint %I is not validated', conname) FROM pg_constraint
  WHERE conrelid = ${oid} AND contype IN ('c', 'n') AND NOT convalidated
  UNION ALL
  SELECT format('foreign key %I cannot be created again by %s', k.conname, current_user) FROM pg_constraint k
    JOIN pg_class own ON own.oid = k.conrelid JOIN pg_class other ON other.oid = k.confrelid
  WHERE k.conrelid = ${oid} AND k.contype = 'f' AND NOT (has_table_privilege(own.oid, 'REFERENCES')
    AND has_table_privilege(other.oid, 'REFERENCES') AND has_schema_privilege(other.relnamespace, 'USAGE')
    AND has_schema_privilege(own.relnamespace, 'USAGE') AND pg_has_role(own.relowner, 'USAGE'))
  UNION ALL
  SELECT format('index %s is not valid', indexrelid::regclass) FROM pg_index WHERE indrelid = ${oid} AND NOT indisvalid
  UNION ALL
  SELECT format('rule %I', rulename) FROM pg_rewrite WHERE ev_class = ${oid}
  UNION ALL
  SELECT format('security label of %s', provider) FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = ${oid}`;

// Whatever depends on the table, its columns, its row type, its indexes and constraints or its identities' sequences, and
// is no part of the table itself. Extensions that the table belongs to stand the other way round.
const dependents = (oid: Sql): Sql => sql`
  WITH own AS (
    SELECT 'pg_class'::regclass AS class, ${oid}::oid AS object
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typrelid = ${oid}
      OR oid = (SELECT typarray FROM pg_type WHERE typrelid = ${oid})
    UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = ${oid}
    UNION ALL SELECT 'pg_class'::regclass, objid FROM pg_depend WHERE classid = 'pg_class'::regclass
      AND refclassid = 'pg_class'::regclass AND refobjid = ${oid} AND deptype = 'i' AND objid IN (SELECT seqrelid FROM pg_sequence)
    UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid = ${oid}
    UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = ${oid}
    UNION ALL SELECT 'pg_trigger'::regclass, oid FROM pg_trigger WHERE tgrelid = ${oid}
    UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = ${oid}
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxrelid = ${oid}),
  carried AS (SELECT * FROM own
    UNION ALL SELECT 'pg_class'::regclass, objid FROM pg_depend JOIN pg_class q ON q.oid = objid AND q.relkind IN ('S', 't')
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = ${oid})
  SELECT CASE WHEN d.classid = 'pg_rewrite'::regclass
    THEN (SELECT pg_describe_object('pg_class'::regclass, ev_class, 0) FROM pg_rewrite r WHERE r.oid = d.objid)
    ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END FROM pg_depend d JOIN own ON d.refclassid = own.class AND d.refobjid = own.object
  WHERE (d.classid, d.objid) NOT IN (SELECT class, object FROM carried)
    AND NOT (d.classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND t.tgisinternal))
  UNION ALL
  SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d JOIN own ON d.classid = own.class AND d.objid = own.object
  WHERE d.deptype IN ('e', 'x') ORDER BY 1`;

// Copies of rows that arrive in another table would go to subscribers that have none.
const publications = (oid: Sql): Sql => sql`
  SELECT format('publication %I', p.pubname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = c.relname WHERE c.oid = ${oid}
  UNION ALL
  SELECT 'a subscription that writes to it' FROM pg_subscription_rel WHERE srrelid = ${oid} ORDER BY 1`;
