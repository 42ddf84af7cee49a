import type { Sql } from "../../../model/names.js";
import type { Definition } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection, Value } from "../connection.js";
import { formatQualified, identifier, joined, literal, qualified, sql, trusted } from "../identifiers.js";

/** A definition with what restores it: statements for one transaction, then a check that may take long. */
export interface SavedDefinition extends Definition {
  readonly steps: readonly string[];
  readonly validate: string | null;
}

/** The tables whose definitions are asked for: `keysOnly` those of which only foreign keys stand aside. */
export interface AsideTables {
  readonly all: readonly FoundTable[];
  readonly keysOnly: readonly FoundTable[];
}

/**
 * The definitions of the secondary indexes, unique and exclusion constraints and foreign keys (own and incoming) of
 * the tables. Only what this role can restore as it was is listed: what is not listed stays in place. Call it inside
 * a transaction: it changes the search path, so that every name in a definition has its schema.
 */
export async function collectDefinitions(
  connection: Connection,
  { all, keysOnly }: AsideTables,
): Promise<readonly SavedDefinition[]> {
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  const both = [...all, ...keysOnly];
  return [
    ...(all.length === 0 ? [] : await indexes(connection, oidsOf(all))),
    ...(both.length === 0 ? [] : await foreignKeys(connection, oidsOf(both))),
  ];
}

const oidsOf = (tables: readonly FoundTable[]): Sql => joined(tables.map((table) => trusted(table.oid)));

interface IndexRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly constraint_definition: Value;
  readonly tablespace: Value;
  readonly options: Value;
  readonly clustered: string;
  readonly replica: string;
  readonly comment: Value;
  readonly constraint_comment: Value;
}

// Left in place: indexes of partitioned tables (their definition does not tell the partitions'), broken ones, those
// with settings per column, those other objects depend on, and any this role could drop but not create again.
async function indexes(connection: Connection, oids: Sql): Promise<readonly SavedDefinition[]> {
  const rows = await connection.query<IndexRow>(sql`
    SELECT n.nspname AS schema, t.relname AS table, i.relname AS name, pg_get_indexdef(i.oid) AS definition,
      pg_get_constraintdef(k.oid) AS constraint_definition, s.spcname AS tablespace,
      CASE WHEN k.oid IS NOT NULL THEN array_to_string(i.reloptions, ', ') END AS options,
      x.indisclustered AS clustered, x.indisreplident AS replica, obj_description(i.oid, 'pg_class') AS comment,
      obj_description(k.oid, 'pg_constraint') AS constraint_comment
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = t.oid AND k.contype IN ('u', 'x')
    LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
    WHERE x.indrelid IN (${oids}) AND t.relkind = 'r' AND NOT x.indisprimary AND x.indisvalid AND x.indisready
      AND NOT i.relispartition
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget <> -1)
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype IN ('n', 'x')
        AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = i.oid)
          OR (d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid))
        AND NOT (d.classid = 'pg_constraint'::regclass
          AND EXISTS (SELECT FROM pg_constraint f WHERE f.oid = d.objid AND f.contype = 'f')))
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.oid AND d.deptype IN ('e', 'x'))
      AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.oid AND f.contype = 'f'
        AND NOT ${restorable(sql`f`)})
      AND pg_has_role(t.relowner, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE')
      AND (i.reltablespace = 0 OR has_tablespace_privilege(i.reltablespace, 'CREATE'))
    ORDER BY n.nspname COLLATE "C", t.relname COLLATE "C", i.relname COLLATE "C"`);
  return rows.map((row) => ({
    table: formatQualified(row.schema, row.table),
    kind: row.constraint_definition === null ? "index" : "constraint",
    name: row.name,
    steps: indexSteps(row),
    validate: null,
  }));
}

function indexSteps(row: IndexRow): readonly Sql[] {
  const table = qualified(formatQualified(row.schema, row.table));
  const name = identifier(row.name);
  const index = qualified(formatQualified(row.schema, row.name));
  const create =
    row.constraint_definition === null
      ? trusted(row.definition)
      : sql`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${trusted(row.constraint_definition)}`;
  const onConstraint = row.constraint_comment !== null && literal(row.constraint_comment);
  return [
    // Always said, lest the role's own default moves the index elsewhere.
    sql`SET LOCAL default_tablespace = ${literal(row.tablespace ?? "")}`,
    create,
    row.options !== null && row.options !== "" && sql`ALTER INDEX ${index} SET (${trusted(row.options)})`,
    row.comment !== null && sql`COMMENT ON INDEX ${index} IS ${literal(row.comment)}`,
    onConstraint && sql`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${onConstraint}`,
    row.clustered === "t" && sql`ALTER TABLE ${table} CLUSTER ON ${name}`,
    row.replica === "t" && sql`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${name}`,
  ].filter((step) => step !== false);
}

interface ForeignKeyRow {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly definition: string;
  readonly validated: string;
  readonly in_two_steps: string;
  readonly comment: Value;
}

/** This role can drop the foreign key and create it again. */
const restorable = (key: Sql): Sql => sql`(
  EXISTS (SELECT FROM pg_class own JOIN pg_class other ON other.oid = ${key}.confrelid WHERE own.oid = ${key}.conrelid
    AND pg_has_role(own.relowner, 'USAGE') AND has_table_privilege(own.oid, 'REFERENCES')
    AND has_table_privilege(other.oid, 'REFERENCES') AND has_schema_privilege(other.relnamespace, 'USAGE')
    AND has_schema_privilege(own.relnamespace, 'USAGE')))`;

// conparentid: the part of a partitioned table's key goes and comes with the whole.
async function foreignKeys(connection: Connection, oids: Sql): Promise<readonly SavedDefinition[]> {
  const rows = await connection.query<ForeignKeyRow>(sql`
    SELECT n.nspname AS schema, t.relname AS table, k.conname AS name, pg_get_constraintdef(k.oid) AS definition,
      k.convalidated AS validated, t.relkind = 'r' AS in_two_steps, obj_description(k.oid, 'pg_constraint') AS comment
    FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (k.conrelid IN (${oids}) OR k.confrelid IN (${oids}))
      AND ${restorable(sql`k`)}
    ORDER BY n.nspname COLLATE "C", t.relname COLLATE "C", k.conname COLLATE "C"`);
  return rows.map((row) => {
    const table = formatQualified(row.schema, row.table);
    const { steps, validate } = foreignKeySteps(row, qualified(table));
    return { table, kind: "foreign key", name: row.name, steps, validate };
  });
}

// NOT VALID first: new rows are checked from then on, and the long check of all rows needs no exclusive lock.
function foreignKeySteps(row: ForeignKeyRow, table: Sql): Pick<SavedDefinition, "steps" | "validate"> {
  const name = identifier(row.name);
  const twoSteps = row.validated === "t" && row.in_two_steps === "t";
  const definition = twoSteps ? `${row.definition} NOT VALID` : row.definition;
  const create = sql`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${trusted(definition)}`;
  const comment =
    row.comment === null ? [] : [sql`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${literal(row.comment)}`];
  return {
    steps: [create, ...comment],
    validate: twoSteps ? sql`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}` : null,
  };
}
