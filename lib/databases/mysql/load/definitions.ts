// What holds of foreign keys and triggers that stand aside while their tables are loaded:
// 1. Their definitions are in waybill_definitions before they are dropped, and go from there when all is as it was.
// 2. Whichever run of the migration comes next brings them back; one that is back already is not made twice.
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Aside, Definition } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import { literal, trusted } from "../identifiers.js";
import { dropForeignKeys, foreignKeysToSave, restoreForeignKey } from "./foreign-keys.js";
import { hasLedger, type Saved } from "./ledger.js";
import type { TargetConnection } from "./target-connection.js";
import { dropTriggers, fixedTrigger, restoreTrigger, triggersToSave } from "./triggers.js";

/** Saves the foreign keys of these tables, and with "all" their triggers, then drops them. Indexes stay. */
export async function saveAndDrop(
  connection: TargetConnection,
  migration: string,
  tables: readonly Aside[],
): Promise<readonly Definition[]> {
  const all: Definition[] = [];
  for (const { table: name, which } of tables) {
    const table = await findTable(connection, name);
    const keys = await foreignKeysToSave(connection, table);
    const triggers = which === "all" ? await triggersToSave(connection, table) : [];
    all.push(...(await save(connection, { migration, table, kind: "foreign key" }, keys)));
    all.push(...(await save(connection, { migration, table, kind: "trigger" }, triggers)));
    await dropForeignKeys(connection, table, keys);
    await dropTriggers(connection, table, triggers);
  }
  return all;
}

/**
 * Puts the triggers of a table aside: they are for rows that people write. Throws "forbidden" where one could not be made
 * again.
 */
export async function putTriggersAside(
  connection: TargetConnection,
  migration: string,
  table: FoundTable,
): Promise<void> {
  const fixed = await fixedTrigger(connection, table);
  if (fixed !== undefined)
    throw new StageError(
      "forbidden",
      `${table.qualifiedName}: its trigger ${fixed.name} would run for rows that go back, and this user could not make it again`,
      fixed.cure,
    );
  const triggers = await triggersToSave(connection, table);
  await save(connection, { migration, table, kind: "trigger" }, triggers);
  await dropTriggers(connection, table, triggers);
}

interface Place {
  readonly migration: string;
  readonly table: FoundTable;
  readonly kind: Definition["kind"];
}

async function save(
  connection: TargetConnection,
  { migration, table: { qualifiedName }, kind }: Place,
  saved: readonly Saved[],
): Promise<readonly Definition[]> {
  for (const { name, definition, parent } of saved) {
    const values = [migration, qualifiedName, kind, name, definition, parent ?? ""].map(literal);
    await connection.execute(sql`REPLACE INTO waybill_definitions (migration, table_name, kind, name, definition, parent)
      VALUES (${trusted(values.join(", "))})`);
  }
  return saved.map(({ name }) => ({ table: qualifiedName, kind, name }));
}

/** Restores all that was saved for a migration, foreign keys last. Throws "integrity" where rows contradict one of these. */
export async function restoreDefinitions(
  connection: TargetConnection,
  migration: string,
): Promise<readonly Definition[]> {
  if (!(await hasLedger(connection))) return [];
  const ours = sql`FROM waybill_definitions WHERE migration = ${literal(migration)}`;
  const saved = await connection.query(sql`SELECT table_name, kind, name, definition, saved_at ${ours}
    ORDER BY kind = 'foreign key', table_name, saved_at, name`);
  const restored: Definition[] = [];
  const problems: string[] = [];
  for (const [tableName = "", kind, name = "", definition = ""] of saved as readonly (readonly string[])[]) {
    const table = await findTable(connection, tableName);
    const isKey = kind === "foreign key";
    const restore = isKey ? restoreForeignKey : restoreTrigger;
    const problem = await restore(connection, table, { name, definition });
    if (problem === undefined) {
      await connection.execute(
        sql`DELETE ${ours} AND table_name = ${literal(tableName)} AND kind = ${literal(kind ?? "")} AND name = ${literal(name)}`,
      );
      restored.push({ table: tableName, kind: isKey ? "foreign key" : "trigger", name });
    } else problems.push(problem);
  }
  if (problems.length === 0) return restored;
  const hint = "correct the rows, or load their parents, then run the same command again: it restores the key";
  throw new StageError("integrity", problems.join("\n"), hint);
}
