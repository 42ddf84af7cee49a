import type { Sql } from "../../../model/names.js";
import type { Aside, Definition } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, identifier, literal, parseQualified, qualified, sql, trusted } from "../identifiers.js";
import { collectDefinitions, type SavedDefinition } from "./definitions-catalog.js";
import { ensureLedger, hasLedger } from "./ledger.js";

/** Saves the definitions of what is to stand aside; all of it is still in place. */
export async function saveDefinitions(
  connection: Connection,
  migration: string,
  asides: readonly Aside[],
): Promise<readonly SavedDefinition[]> {
  await ensureLedger(connection);
  const all: FoundTable[] = [];
  const keysOnly: FoundTable[] = [];
  for (const { table, which } of asides) {
    const found = await findTable(connection, table);
    (which === "all" ? all : keysOnly).push(found);
  }
  return await connection.transaction(async () => {
    const found = await collectDefinitions(connection, { all, keysOnly });
    for (const definition of found) await save(connection, migration, definition);
    return found;
  });
}

/** Saves, commits, then drops all of it in a second transaction. */
export async function saveAndDrop(
  connection: Connection,
  migration: string,
  asides: readonly Aside[],
): Promise<readonly Definition[]> {
  const saved = await saveDefinitions(connection, migration, asides);
  await connection.transaction(async () => {
    // Foreign keys first: they rest on unique constraints.
    for (const definition of [...saved].sort((a, b) => order(b) - order(a)))
      await connection.execute(dropStatement(definition));
  });
  return saved.map(withoutSteps);
}

/**
 * Puts back whatever of a table (`schema.table`) can refuse a row, inside the caller's transaction: what was put back.
 * Foreign keys are not checked against rows that are there. The lines stay: restoring finds the objects there.
 */
export async function putBackKeys(
  connection: Connection,
  migration: string,
  table: string,
): Promise<readonly SavedDefinition[]> {
  if (!(await hasLedger(connection))) return [];
  const putBack: SavedDefinition[] = [];
  for (const definition of await readDefinitions(connection, migration)) {
    if (definition.table !== table || !canRefuse(definition) || (await isThere(connection, definition))) continue;
    for (const step of definition.steps) await connection.execute(trusted(step));
    putBack.push(definition);
  }
  return putBack;
}

/**
 * Gives another table the foreign keys that a table (`schema.table`) had before they stood aside, but for those that
 * `accept` says no to, given the name. It is asked while the key is there, which is then as if it had never been: dropped,
 * it would keep readers off the table it refers to.
 */
export async function putKeysOnto(
  connection: Connection,
  { migration, table, onto }: { readonly migration: string; readonly table: string; readonly onto: Sql },
  accept: (name: string) => Promise<boolean>,
): Promise<void> {
  const own = sql`ALTER TABLE ${qualified(table)} `;
  for (const { kind, name, steps, ...of } of await readDefinitions(connection, migration)) {
    if (kind !== "foreign key" || of.table !== table) continue;
    await connection.execute(sql`SAVEPOINT waybill_key`);
    for (const step of steps)
      if (step.startsWith(own)) await connection.execute(sql`ALTER TABLE ${onto} ${trusted(step.slice(own.length))}`);
    if (!(await accept(name))) await connection.execute(sql`ROLLBACK TO SAVEPOINT waybill_key`);
    await connection.execute(sql`RELEASE SAVEPOINT waybill_key`);
  }
}

// An index that is not unique refuses rows only for their size, and is not worth building twice.
function canRefuse({ kind, steps }: SavedDefinition): boolean {
  return kind !== "index" || steps.some((step) => step.startsWith("CREATE UNIQUE INDEX"));
}

async function save(connection: Connection, migration: string, definition: SavedDefinition): Promise<void> {
  const { kind, table, name, steps, validate } = definition;
  // A line that is there already stems from a crashed run; the catalog knows better, since the object is in place.
  await connection.execute(
    sql`INSERT INTO waybill.definitions AS d (migration, kind, table_name, name, steps, validate)
        VALUES ($1, $2, $3, $4, $5::json, $6)
        ON CONFLICT (migration, kind, table_name, name) DO UPDATE
        SET steps = EXCLUDED.steps, validate = COALESCE(d.validate, EXCLUDED.validate), saved_at = now()`,
    [migration, kind, table, name, JSON.stringify(steps), validate],
  );
}

/** In the order in which they can be restored: foreign keys rest on unique constraints. */
export function inOrder<Any extends Definition>(definitions: readonly Any[]): readonly Any[] {
  return [...definitions].sort((a, b) => order(a) - order(b));
}

const kindsInOrder: readonly Definition["kind"][] = ["index", "constraint", "foreign key"];
const order = ({ kind }: Definition): number => kindsInOrder.indexOf(kind);

/** What is saved of a migration, in the order in which it can be restored. */
export async function readDefinitions(connection: Connection, migration: string): Promise<readonly SavedDefinition[]> {
  const rows = await connection.query<Omit<SavedDefinition, "steps"> & { readonly steps: string }>(
    sql`SELECT table_name AS table, kind, name, steps, validate FROM waybill.definitions WHERE migration = $1
        ORDER BY table_name COLLATE "C", name COLLATE "C"`,
    [migration],
  );
  const saved = rows.map((row) => ({ ...row, steps: JSON.parse(row.steps) as readonly string[] }));
  return saved.sort((a, b) => order(a) - order(b));
}

/** Sorting in memory makes an index in half the time; a server that was given more keeps its own setting. */
export const buildMemory = sql`SELECT set_config('maintenance_work_mem', '256MB', true)
  FROM pg_settings WHERE name = 'maintenance_work_mem' AND setting::bigint < 262144`;

/** Takes out the line of a definition that stands again. */
export async function forget(
  connection: Connection,
  migration: string,
  { kind, table, name }: Definition,
): Promise<void> {
  await connection.execute(
    sql`DELETE FROM waybill.definitions WHERE migration = $1 AND kind = $2 AND table_name = $3 AND name = $4`,
    [migration, kind, table, name],
  );
}

/** Whether what a definition tells of stands. */
export async function isThere(connection: Connection, { kind, table, name }: Definition): Promise<boolean> {
  const found =
    kind === "index"
      ? sql`to_regclass(${literal(indexName(table, name))}) IS NOT NULL`
      : sql`EXISTS (SELECT FROM pg_constraint
          WHERE conrelid = to_regclass(${literal(qualified(table))}) AND conname = ${literal(name)})`;
  const rows = await connection.query<{ there: string }>(sql`SELECT ${found} AS there`);
  return rows[0]?.there === "t";
}

/** The statement that takes an index or constraint away. */
export function dropStatement({ kind, table, name }: Definition): Sql {
  if (kind === "index") return sql`DROP INDEX ${indexName(table, name)}`;
  return sql`ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${identifier(name)}`;
}

/** An index lives in its table's schema. */
function indexName(table: string, name: string): Sql {
  return qualified(formatQualified(parseQualified(table).schema ?? "public", name));
}

/** What is told of a definition to people. */
export function withoutSteps({ table, kind, name }: Definition): Definition {
  return { table, kind, name };
}
