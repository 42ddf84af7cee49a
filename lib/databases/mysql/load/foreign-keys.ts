// What holds of foreign keys that stand aside while their tables are loaded:
// 1. Their definitions are in waybill_definitions before they are dropped; they go from there when all is proved again.
// 2. A key is added first and proved then: what is written from that moment on the server checks itself. A key that rows
//    contradict is dropped again, its definition stays, and the next run tries once more.
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import type { ForeignKey } from "../../port.js";
import type { Aside, Definition } from "../../target-port.js";
import { type FoundTable, findTable, tableAt } from "../catalog.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { identifier, literal, qualified, trusted } from "../identifiers.js";
import { numberOf } from "./generations.js";
import { hasLedger } from "./ledger.js";
import { showCreate } from "./show-create.js";
import type { TargetConnection } from "./target-connection.js";

const kind = literal("foreign key");

/** Saves the foreign keys of these tables, then drops them. Indexes stay: those of a new table are built later anyway. */
export async function saveAndDrop(
  connection: TargetConnection,
  migration: string,
  tables: readonly Aside[],
): Promise<readonly Definition[]> {
  const saved: Definition[] = [];
  for (const { table: name } of tables) {
    const table = await findTable(connection, name);
    const keys = (await showCreate(connection, table)).items.filter((item) => item.kind === "foreign key");
    if (keys.length === 0) continue;
    const parents = new Map((await describeTable(connection, table)).foreignKeys.map((key) => [key.name, key.parent]));
    for (const key of keys) {
      const values = [migration, table.qualifiedName, key.name, key.text, parents.get(key.name) ?? ""].map(literal);
      await connection.execute(sql`REPLACE INTO waybill_definitions (migration, table_name, name, definition, parent, kind)
        VALUES (${trusted(values.join(", "))}, ${kind})`);
      saved.push({ table: table.qualifiedName, kind: "foreign key", name: key.name });
    }
    const drops = keys.map(({ name: key }) => sql`DROP FOREIGN KEY ${identifier(key)}`);
    await connection.execute(sql`ALTER TABLE ${table.sql} ${join(drops, ", ")}`);
  }
  return saved;
}

/** Restores the foreign keys saved for a migration, whichever run saved them. Throws "integrity" where rows contradict one. */
export async function restoreForeignKeys(
  connection: TargetConnection,
  migration: string,
): Promise<readonly Definition[]> {
  if (!(await hasLedger(connection))) return [];
  const saved = await connection.query(sql`SELECT table_name, name, definition FROM waybill_definitions
    WHERE migration = ${literal(migration)} AND kind = ${kind} ORDER BY table_name, name`);
  const restored: Definition[] = [];
  const problems: string[] = [];
  for (const [tableName, name, definition] of saved) {
    const key = { table: tableName ?? "", kind: "foreign key", name: name ?? "" } as const;
    const problem = await restore(connection, key, definition ?? "");
    if (problem !== undefined) {
      problems.push(problem);
      continue;
    }
    await connection.execute(sql`DELETE FROM waybill_definitions WHERE migration = ${literal(migration)}
      AND kind = ${kind} AND table_name = ${literal(key.table)} AND name = ${literal(key.name)}`);
    restored.push(key);
  }
  if (problems.length === 0) return restored;
  const hint = "correct the rows, or load their parents, then run the same command again: it restores the key";
  throw new StageError("integrity", problems.join("\n"), hint);
}

async function restore(
  connection: TargetConnection,
  { table: name, name: keyName }: Definition,
  definition: string,
): Promise<string | undefined> {
  const table = await findTable(connection, name);
  const isBack = (await showCreate(connection, table)).items.some(
    (item) => item.kind === "foreign key" && item.name === keyName,
  );
  if (!isBack)
    // Unchecked: a check here would copy the whole table.
    await uncheckedForeignKeys(connection, () =>
      connection.execute(sql`ALTER TABLE ${table.sql} ADD ${trusted(definition)}`),
    );
  const key = (await describeTable(connection, table)).foreignKeys.find((one) => one.name === keyName);
  const orphans = key === undefined ? 0 : await countOrphans(connection, { child: table, key });
  if (orphans === 0) return undefined;
  await connection.execute(sql`ALTER TABLE ${table.sql} DROP FOREIGN KEY ${identifier(keyName)}`);
  return `${name}: foreign key ${keyName} does not hold: ${orphans} rows refer to no row of ${key?.parent}`;
}

/** Runs `work` while the session's foreign keys are not looked at. */
export async function uncheckedForeignKeys<Result>(
  connection: TargetConnection,
  work: () => Promise<Result>,
): Promise<Result> {
  await connection.execute(sql`SET SESSION foreign_key_checks = 0`);
  try {
    return await work();
  } finally {
    await connection.execute(sql`SET SESSION foreign_key_checks = 1`).catch(() => undefined);
  }
}

/** How many rows of a table refer to no row of the parent. A NULL among the columns refers to nothing. */
export async function countOrphans(
  connection: Connection,
  { child, key }: { readonly child: FoundTable; readonly key: ForeignKey },
): Promise<number> {
  const column = (side: Sql, name: string): Sql => sql`${side}.${identifier(name)}`;
  const [own, parent] = [trusted("child"), trusted("parent")];
  const isSet = key.columns.map((name) => sql`${column(own, name)} IS NOT NULL`);
  const isSame = key.columns.map(
    (name, index) => sql`${column(parent, key.parentColumns[index] ?? "")} = ${column(own, name)}`,
  );
  return await numberOf(
    connection,
    sql`SELECT count(*) FROM ${child.sql} AS child WHERE ${join(isSet, " AND ")}
      AND NOT EXISTS (SELECT 1 FROM ${qualified(key.parent)} AS parent WHERE ${join(isSame, " AND ")})`,
  );
}

/** A foreign key of another table that refers to this one. */
export interface KeyOfAnother {
  readonly child: FoundTable;
  readonly key: ForeignKey;
}

/** The foreign keys of other tables that refer to this one and are in place. */
export async function keysOfOthers(connection: Connection, table: FoundTable): Promise<readonly KeyOfAnother[]> {
  const rows =
    await connection.query(sql`SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE
    WHERE REFERENCED_TABLE_SCHEMA = ${literal(table.schema)} AND REFERENCED_TABLE_NAME = ${literal(table.name)}
      AND NOT (${table.place}) ORDER BY 1, 2`);
  const found: KeyOfAnother[] = [];
  for (const [schema = "", name = ""] of rows) {
    const child = tableAt(schema ?? "", name ?? "");
    const { foreignKeys } = await describeTable(connection, child);
    for (const key of foreignKeys) if (key.parent === table.qualifiedName) found.push({ child, key });
  }
  return found;
}

/** A foreign key of another table that refers to this one and stands aside, dropped by a run that was cut off. */
export async function keyStandingAside(connection: Connection, table: FoundTable): Promise<string | undefined> {
  if (!(await hasLedger(connection))) return undefined;
  const [found] =
    await connection.query(sql`SELECT concat('foreign key ', name, ' of ', table_name) FROM waybill_definitions
    WHERE parent = ${literal(table.qualifiedName)} AND table_name <> ${literal(table.qualifiedName)} LIMIT 1`);
  return found?.[0] ?? undefined;
}
