import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import type { Connection, Value } from "../connection.js";
import { formatQualified, identifier, literal, parseQualified, qualified, sql, trusted } from "../identifiers.js";
import { buildMemory } from "./definitions.js";
import { nextTable } from "./kept-tables.js";
import type { Sessions } from "./sessions.js";

/** An index that a table has, and under which name the next table gets it until it takes the table's place. */
export interface NextIndex {
  readonly name: string;
  readonly nextName: string;
  /** Whether it goes by the name of a constraint. */
  readonly constraint: boolean;
  /** The long statement, which the other indexes of the table do not wait for. */
  readonly build: readonly Sql[];
  /** The short ones that make a constraint of it and tell its settings; once, when all are built. */
  readonly finish: readonly Sql[];
}

interface IndexRow {
  readonly name: string;
  readonly is_unique: string;
  readonly rest: string;
  readonly constraint_type: Value;
  readonly constraint_definition: Value;
  readonly constraint_options: Value;
  readonly tablespace: Value;
  readonly clustered: string;
  readonly replica: string;
  readonly comment: Value;
  readonly constraint_comment: Value;
  readonly statistics: Value;
}

/** The indexes and the primary key, unique and exclusion constraints of a table. Call it inside a transaction. */
export async function indexesOf(connection: Connection, table: FoundTable): Promise<readonly NextIndex[]> {
  await connection.execute(sql`SET LOCAL search_path = pg_catalog`);
  const rows = await connection.query<IndexRow>(sql`
    SELECT i.relname AS name, x.indisunique AS is_unique,
      substr(pg_get_indexdef(i.oid), length(format('CREATE %sINDEX %I ON %I.%I ',
        CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, i.relname, n.nspname, t.relname)) + 1) AS rest,
      CASE WHEN k.contype = 'x' OR (to_jsonb(k) ->> 'conperiod')::boolean THEN 'x' ELSE k.contype::text END AS constraint_type,
      pg_get_constraintdef(k.oid) AS constraint_definition,
      CASE WHEN k.condeferrable THEN ' DEFERRABLE' ELSE '' END || CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END
        AS constraint_options,
      s.spcname AS tablespace, x.indisclustered AS clustered, x.indisreplident AS replica,
      obj_description(i.oid, 'pg_class') AS comment, obj_description(k.oid, 'pg_constraint') AS constraint_comment,
      (SELECT json_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a WHERE a.attrelid = i.oid AND a.attstattarget >= 0) AS statistics
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
    WHERE x.indrelid = ${trusted(table.oid)} ORDER BY x.indisprimary DESC, x.indisunique DESC, i.relname COLLATE "C"`);
  return rows.map((row, index) => nextIndex(row, { next: nextTable(table.qualifiedName), index }));
}

function nextIndex(row: IndexRow, { next, index }: { readonly next: string; readonly index: number }): NextIndex {
  const { name: nextTableName } = parseQualified(next);
  const nextName = `${nextTableName}_${index}`;
  const [table, short] = [qualified(next), identifier(nextName)];
  const full = qualified(formatQualified("waybill", nextName));
  const constraint = row.constraint_type !== null;
  const create =
    row.constraint_type === "x"
      ? sql`ALTER TABLE ${table} ADD CONSTRAINT ${short} ${trusted(row.constraint_definition ?? "")}`
      : sql`CREATE ${row.is_unique === "t" ? sql`UNIQUE` : sql``} INDEX ${short} ON ${table} ${trusted(row.rest)}`;
  const statistics = Object.entries(JSON.parse(row.statistics ?? "{}") as Readonly<Record<string, number>>);
  const finish = [
    constraint && row.constraint_type !== "x" && attach(row, { table, short }),
    row.comment !== null && sql`COMMENT ON INDEX ${full} IS ${literal(row.comment)}`,
    row.constraint_comment !== null &&
      sql`COMMENT ON CONSTRAINT ${short} ON ${table} IS ${literal(row.constraint_comment)}`,
    row.clustered === "t" && sql`ALTER TABLE ${table} CLUSTER ON ${short}`,
    row.replica === "t" && sql`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${short}`,
    ...statistics.map(
      ([column, target]) =>
        sql`ALTER INDEX ${full} ALTER COLUMN ${trusted(column)} SET STATISTICS ${trusted(String(target))}`,
    ),
  ].filter((step) => step !== false);
  const build = [sql`SET LOCAL default_tablespace = ${literal(row.tablespace ?? "")}`, create];
  return { name: row.name, nextName, constraint, build, finish };
}

function attach(row: IndexRow, { table, short }: { readonly table: Sql; readonly short: Sql }): Sql {
  const kind = row.constraint_type === "p" ? sql`PRIMARY KEY` : sql`UNIQUE`;
  return sql`ALTER TABLE ${table} ADD CONSTRAINT ${short} ${kind} USING INDEX ${short}${trusted(row.constraint_options ?? "")}`;
}

/**
 * Builds the indexes of the next table, several at once, each over a session of its own. What is there already
 * stays: a run may have been cut off in between. Throws "integrity" where the rows contradict one.
 */
export async function buildIndexes(
  sessions: Sessions,
  table: string,
  { indexes, jobs }: { readonly indexes: readonly NextIndex[]; readonly jobs: number },
): Promise<void> {
  const missing: NextIndex[] = [];
  for (const index of indexes) if (!(await isBuilt(sessions.main, index))) missing.push(index);
  await sessions.each(missing, jobs, async (connection, index) => {
    const building = connection.transaction(async () => {
      await connection.execute(buildMemory);
      for (const step of index.build) await connection.execute(step);
    });
    await building.catch((error: unknown) => {
      throw refused(error, table, index);
    });
  });
}

// The server knows only the name that an index bears until the exchange.
function refused(error: unknown, table: string, { name, constraint }: NextIndex): unknown {
  if (!(error instanceof StageError) || error.kind !== "integrity") return error;
  const [said = ""] = error.message.match(/\(\w{5}\)/) ?? [];
  const message = `${table}: its rows contradict the ${constraint ? "constraint" : "unique index"} ${name} ${said}; nothing of it was loaded`;
  return new StageError(error.kind, message.trimEnd(), error.hint, error.cause);
}

async function isBuilt(connection: Connection, { nextName }: NextIndex): Promise<boolean> {
  const name = literal(qualified(formatQualified("waybill", nextName)));
  const [row] = await connection.query<{ there: string }>(sql`SELECT to_regclass(${name}) IS NOT NULL AS there`);
  return row?.there === "t";
}
