import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { nearest } from "../../model/nearest.js";
import type { DatabaseColumn, DatabaseIdentity, DatabaseTable } from "../port.js";
import { foreignKeysOf, primaryKeyOf } from "./catalog-keys.js";
import { frictionlessType, typeFacts } from "./column-types.js";
import type { Connection } from "./connection.js";
import { formatQualified, literal, parseQualified, qualified, sql, trusted } from "./identifiers.js";

/** Which database this is. The system identifier survives a rename of the host and is shared with its replicas. */
export async function identityOf(connection: Connection): Promise<DatabaseIdentity> {
  const [facts] = await connection.query<{ version: string; address: string; name: string; readable: string }>(sql`
    SELECT current_setting('server_version') AS version, current_database() AS name,
      COALESCE(host(inet_server_addr()), 'local') || ':' || current_setting('port') AS address,
      has_function_privilege('pg_catalog.pg_control_system()', 'execute') AS readable`);
  if (facts === undefined) throw new StageError("unreachable", `${connection.location} does not say what it is`);
  const server = facts.readable === "t" ? await systemIdentifier(connection) : facts.address;
  return { product: "postgresql", version: facts.version, identity: `postgresql:${server}/${facts.name}` };
}

async function systemIdentifier(connection: Connection): Promise<string> {
  const rows = await connection.query<{ id: string }>(sql`SELECT system_identifier AS id FROM pg_control_system()`);
  return rows[0]?.id ?? "";
}

/** A table found in the catalog: its number, and its name with its schema. */
export interface FoundTable {
  readonly oid: string;
  readonly qualifiedName: string;
  /** The name in quotes, with its schema. */
  readonly sql: Sql;
  readonly kind: DatabaseTable["kind"];
}

const kinds: Readonly<Record<string, DatabaseTable["kind"]>> = {
  r: "table",
  p: "partitioned table",
  v: "view",
  m: "materialized view",
  f: "foreign table",
};

/** Finds a table, by the search path where no schema is written. Throws "missing", naming the nearest. */
export async function findTable(connection: Connection, name: string): Promise<FoundTable> {
  const written = parseQualified(name);
  const inQuotes = qualified(name);
  // to_regclass fails where a schema may not be looked into: whoever uses the table says better what is missing.
  const isIt =
    written.schema === undefined
      ? sql`c.oid = to_regclass(${literal(inQuotes)})`
      : sql`n.nspname = ${literal(written.schema)} AND c.relname = ${literal(written.name)}`;
  const rows = await connection.query<{ oid: string; schema: string; name: string; kind: string }>(sql`
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${isIt}`);
  const found = rows[0];
  const kind = kinds[found?.kind ?? ""];
  if (found === undefined || kind === undefined) throw await missing(connection, name);
  const qualifiedName = formatQualified(found.schema, found.name);
  return { oid: found.oid, qualifiedName, sql: qualified(qualifiedName), kind };
}

async function missing(connection: Connection, name: string): Promise<StageError> {
  const rows = await connection.query<{ schema: string; name: string; visible: string }>(sql`
    SELECT n.nspname AS schema, c.relname AS name, pg_table_is_visible(c.oid) AS visible
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`);
  const sameName = rows.filter((row) => row.name === parseQualified(name).name);
  const names = rows.flatMap((row) => [
    ...(row.visible === "t" ? [row.name] : []),
    formatQualified(row.schema, row.name),
  ]);
  const near = sameName[0] ? formatQualified(sameName[0].schema, sameName[0].name) : nearest(name, names);
  const hint =
    near === undefined ? `it has ${rows.length} tables: list them with \\dt *.* in psql` : `did you mean ${near}?`;
  return new StageError("missing", `there is no table ${name} in ${connection.location}`, hint);
}

/** A table or view as the catalog describes it. Throws "missing", naming the nearest, where there is none. */
export async function describeTable(connection: Connection, name: string): Promise<DatabaseTable> {
  const table = await findTable(connection, name);
  const oid = trusted(table.oid);
  return {
    qualifiedName: table.qualifiedName,
    kind: table.kind,
    columns: await columnsOf(connection, oid),
    primaryKey: await primaryKeyOf(connection, oid),
    foreignKeys: await foreignKeysOf(connection, oid),
  };
}

/** The columns of any SELECT. Throws "specification" where two of them bear the same name. */
export async function describeQuery(connection: Connection, select: string): Promise<readonly DatabaseColumn[]> {
  const fields = await connection.describe(trusted(select.replace(/;\s*$/, "")));
  assertDistinct(fields.map((field) => field.name));
  const wanted = fields.map((f, n) => trusted(`(${n}, ${f.typeId}::oid, ${f.typeModifier})`)).join(", ");
  if (wanted === "") return [];
  const rows = await connection.query<TypeRow>(sql`
    SELECT facts.* FROM (VALUES ${trusted(wanted)}) AS f(position, type, modifier)
    JOIN pg_type own ON own.oid = f.type,
    LATERAL ${typeFacts(sql`f.type`, sql`f.modifier`, sql`own.typcollation`)} AS facts ORDER BY f.position`);
  return rows.map((row, index) => {
    const name = fields[index]?.name ?? "";
    return { ...typeOf(row), name, nullable: true, generated: false, identity: false, hasDefault: false };
  });
}

function assertDistinct(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new StageError("specification", `the query returns two columns ${repeated}`, `rename one: … AS ${repeated}_2`);
}

interface TypeRow {
  readonly database_type: string;
  readonly base_type: string;
  readonly value_type: string;
  readonly sorts_by_bytes: string;
}

interface ColumnRow extends TypeRow {
  readonly name: string;
  readonly nullable: string;
  readonly generated: string;
  readonly identity: string;
  readonly has_default: string;
}

function typeOf(row: TypeRow): Pick<DatabaseColumn, "databaseType" | "valueType" | "type" | "sortsByBytes"> {
  return {
    databaseType: row.database_type,
    valueType: row.value_type,
    type: frictionlessType(row.base_type),
    sortsByBytes: row.sorts_by_bytes === "t",
  };
}

// Through to_jsonb where servers of the last ten years do not all have the column: a legacy source may be old.
async function columnsOf(connection: Connection, oid: Sql): Promise<readonly DatabaseColumn[]> {
  const rows = await connection.query<ColumnRow>(sql`
    SELECT a.attname AS name,
      NOT (a.attnotnull OR (SELECT t.typnotnull FROM pg_type t WHERE t.oid = a.atttypid)) AS nullable, facts.*,
      COALESCE(to_jsonb(a) ->> 'attgenerated', '') <> '' AS generated,
      COALESCE(to_jsonb(a) ->> 'attidentity', '') <> '' AS identity,
      a.atthasdef OR (SELECT t.typdefault IS NOT NULL FROM pg_type t WHERE t.oid = a.atttypid) AS has_default
    FROM pg_attribute a, LATERAL ${typeFacts(sql`a.atttypid`, sql`a.atttypmod`, sql`a.attcollation`)} AS facts
    WHERE a.attrelid = ${oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`);
  return rows.map((row) => ({
    ...typeOf(row),
    name: row.name,
    nullable: row.nullable === "t",
    generated: row.generated === "t",
    identity: row.identity === "t",
    hasDefault: row.has_default === "t",
  }));
}
