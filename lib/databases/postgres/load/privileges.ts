import type { Sql } from "../../../model/names.js";
import type { PlannedLoad } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, identifier, joined, literal, qualified, sql, trusted } from "../identifiers.js";
import { sequencesOf } from "../sequences.js";

/** Something the role of the connection has to be allowed, and whether it is: NULL where the object is not there yet. */
interface Demand {
  /** As a person reads it: `table public.people`. */
  readonly object: string;
  readonly privilege: string;
  readonly held: Sql;
  /** `GRANT … ON` this; undefined: only `cure` helps. */
  readonly on: Sql | undefined;
  readonly cure?: (names: Names) => Sql;
}

/** In quotes where they need them. */
interface Names {
  readonly role: Sql;
  readonly database: Sql;
}

/** What the role may not do to one object and has to, and what its owner types to let it. */
export interface Missing {
  readonly object: string;
  readonly privileges: readonly string[];
  readonly grant: string;
}

/** Every privilege that these loads need and the role has not: of the schema waybill, the tables, their sequences. */
export async function missingPrivileges(
  connection: Connection,
  loads: readonly PlannedLoad[],
): Promise<readonly Missing[]> {
  const demands = [...ledgerDemands, ...(loads.some(({ chosen }) => chosen.way === "merge") ? [temporary] : [])];
  for (const load of loads) demands.push(...(await loadDemands(connection, load)));
  const questions = demands.map(({ held }, index) => sql`COALESCE(${held}, true) AS ${identifier(`d${index}`)}`);
  const [answers = {}] = await connection.query<Record<string, string>>(
    sql`SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database, ${joined(questions)} FROM (${ledger}) AS ledger`,
  );
  const lacking = demands.filter((_, index) => answers[`d${index}`] === "f");
  return grouped(lacking, { role: trusted(answers.role ?? ""), database: trusted(answers.database ?? "") });
}

function grouped(lacking: readonly Demand[], names: Names): readonly Missing[] {
  return [...new Set(lacking.map(({ object }) => object))].flatMap((object) => {
    const own = lacking.filter((demand) => demand.object === object);
    const privileges = [...new Set(own.map(({ privilege }) => privilege))];
    const granted = [...new Set(own.flatMap(({ on, privilege }) => (on === undefined ? [] : [privilege])))];
    const on = own.find((demand) => demand.on !== undefined)?.on;
    const cures = own.flatMap(({ cure }) => (cure === undefined ? [] : [cure(names)]));
    const grants = on === undefined ? [] : [sql`GRANT ${trusted(granted.join(", "))} ON ${on} TO ${names.role}`];
    return [{ object, privileges, grant: [...grants, ...new Set(cures)].join("; ") }];
  });
}

// By their names, since to_regclass fails where the schema may not be looked into.
const ledger = sql`SELECT
  (SELECT oid FROM pg_namespace WHERE nspname = 'waybill') AS schema,
  (SELECT min(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'waybill' AND c.relname = 'generations') AS generations,
  (SELECT min(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'waybill' AND c.relname = 'loads') AS loads,
  (SELECT min(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'waybill' AND c.relname = 'definitions') AS definitions`;

const ledgerDemands: readonly Demand[] = [
  {
    object: "schema waybill, which is not there yet",
    privilege: "CREATE on the database",
    held: sql`ledger.schema IS NOT NULL OR has_database_privilege(current_database(), 'CREATE')`,
    on: undefined,
    cure: ({ role }) => sql`CREATE SCHEMA waybill AUTHORIZATION ${role}`,
  },
  ...["USAGE", "CREATE"].map((privilege) => ({
    object: "schema waybill",
    privilege,
    held: sql`has_schema_privilege(ledger.schema, ${literal(privilege)})`,
    on: sql`SCHEMA waybill`,
  })),
  ...["generations", "loads", "definitions"].flatMap((table) =>
    ["SELECT", "INSERT", "UPDATE", "DELETE"].map((privilege) => ({
      object: `table waybill.${table}`,
      privilege,
      held: sql`has_table_privilege(ledger.${identifier(table)}, ${literal(privilege)})`,
      on: sql`waybill.${identifier(table)}`,
    })),
  ),
];

const temporary: Demand = {
  object: "the database",
  privilege: "TEMPORARY",
  held: sql`has_database_privilege(current_database(), 'TEMPORARY')`,
  on: undefined,
  cure: ({ role, database }) => sql`GRANT TEMPORARY ON DATABASE ${database} TO ${role}`,
};

async function loadDemands(connection: Connection, { check, chosen }: PlannedLoad): Promise<readonly Demand[]> {
  const table = await findTable(connection, check.table);
  const oid = trusted(table.oid);
  const has = (privilege: string): Sql => sql`has_table_privilege(${oid}::oid, ${literal(privilege)})`;
  // Privileges on all columns that are written do as well.
  const written = joined(check.columns.map((column) => literal(column)));
  const onColumns = (privilege: string): Sql =>
    check.columns.length === 0
      ? has(privilege)
      : sql`${has(privilege)} OR (SELECT bool_and(has_column_privilege(${oid}::oid, a.attnum, ${literal(privilege)}))
          FROM pg_attribute a WHERE a.attrelid = ${oid} AND a.attname IN (${written}) AND NOT a.attisdropped)`;
  const demand = (privilege: string, held: Sql): Demand => {
    return { object: `table ${table.qualifiedName}`, privilege, held, on: table.sql };
  };
  const locks = sql`${has("UPDATE")} OR ${has("DELETE")} OR ${has("TRUNCATE")}`;
  const empties = sql`${has("DELETE")} OR (${has("TRUNCATE")} AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE confrelid = ${oid} AND conrelid <> ${oid} AND contype = 'f'))`;
  return [
    schemaDemand(oid, table.qualifiedName),
    demand("SELECT", has("SELECT")),
    demand("INSERT", onColumns("INSERT")),
    ...(check.mode === "replace" && chosen.way === "in place" ? [demand("DELETE", empties)] : []),
    ...(check.mode === "upsert" ? [demand("UPDATE", onColumns("UPDATE"))] : []),
    ...(check.mode === "replace" ? [] : [demand("UPDATE", locks)]),
    ...(check.triggers === "aside" && chosen.way !== "swap" ? [triggersDemand(table)] : []),
    {
      object: `row level security of ${table.qualifiedName}`,
      privilege: "BYPASSRLS",
      held: sql`NOT row_security_active(${oid}::oid)`,
      on: undefined,
      cure: ({ role }) => sql`ALTER ROLE ${role} BYPASSRLS`,
    },
    ...(await sequencesOf(connection, table)).flatMap(({ schema, name }) => sequenceDemands(schema, name)),
  ];
}

// Only an owner can disable triggers and enable them again.
function triggersDemand({ oid, sql: name, qualifiedName }: FoundTable): Demand {
  return {
    object: `triggers of ${qualifiedName}`,
    privilege: "ownership of the table, or load: { triggers: keep } in its file",
    held: sql`(SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = ${trusted(oid)}) OR NOT EXISTS (
      SELECT FROM pg_trigger WHERE tgrelid = ${trusted(oid)} AND NOT tgisinternal AND tgenabled <> 'D')`,
    on: undefined,
    cure: ({ role }) => sql`ALTER TABLE ${name} OWNER TO ${role}`,
  };
}

function schemaDemand(oid: Sql, qualifiedName: string): Demand {
  const schema = trusted(String(qualified(qualifiedName)).match(/^"(?:[^"]|"")*"/)?.[0] ?? "");
  const held = sql`has_schema_privilege((SELECT relnamespace FROM pg_class WHERE oid = ${oid}), 'USAGE')`;
  return { object: `schema ${schema}`, privilege: "USAGE", held, on: sql`SCHEMA ${schema}` };
}

// Its value is read, and moved past the last row's.
function sequenceDemands(schema: string, name: string): readonly Demand[] {
  const sequence = formatQualified(schema, name);
  return ["SELECT", "UPDATE"].map((privilege) => ({
    object: `sequence ${sequence}`,
    privilege,
    held: sql`has_sequence_privilege((SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(name)}), ${literal(privilege)})`,
    on: sql`SEQUENCE ${qualified(sequence)}`,
  }));
}
