// What holds of foreign keys that stood aside: a key is added first and proved then, since what is written from that moment
// on the server checks itself. A key that rows contradict is dropped again, its definition stays, and the next run tries
// once more.
import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import type { ForeignKey } from "../../port.js";
import { type FoundTable, tableAt } from "../catalog.js";
import type { Connection } from "../connection.js";
import { describeTable } from "../describe-table.js";
import { identifier, literal, qualified, trusted } from "../identifiers.js";
import type { TableItem } from "./create-table.js";
import { numberOf } from "./generations.js";
import { hasLedger, type Saved } from "./ledger.js";
import { showCreate } from "./show-create.js";
import type { TargetConnection } from "./target-connection.js";

/** The foreign keys of a table, as they are added again. */
export async function foreignKeysToSave(connection: Connection, table: FoundTable): Promise<readonly Saved[]> {
  const keys = (await showCreate(connection, table)).items.filter(({ kind }) => kind === "foreign key");
  if (keys.length === 0) return [];
  const { foreignKeys } = await describeTable(connection, table);
  return keys.map(({ name, text }) => ({
    name,
    definition: text,
    parent: foreignKeys.find((key) => key.name === name)?.parent ?? "",
  }));
}

/** Drops foreign keys that were saved. */
export async function dropForeignKeys(
  connection: TargetConnection,
  table: FoundTable,
  keys: readonly Saved[],
): Promise<void> {
  if (keys.length === 0) return;
  const drops = keys.map(({ name }) => sql`DROP FOREIGN KEY ${identifier(name)}`);
  await connection.execute(sql`ALTER TABLE ${table.sql} ${join(drops, ", ")}`);
}

/** Adds a foreign key again, unless it is there, and proves it; else it is dropped, and what contradicts it is said. */
export async function restoreForeignKey(
  connection: TargetConnection,
  table: FoundTable,
  { name, definition }: Saved,
): Promise<string | undefined> {
  const { items } = await showCreate(connection, table);
  if (!items.some((item) => item.kind === "foreign key" && item.name === name)) {
    const changes = [...indexesMadeOwn(items, definition), sql`ADD ${trusted(definition)}`];
    // Unchecked: a check here would copy the whole table.
    await uncheckedForeignKeys(connection, () =>
      connection.execute(sql`ALTER TABLE ${table.sql} ${join(changes, ", ")}`),
    );
  }
  const key = (await describeTable(connection, table)).foreignKeys.find((one) => one.name === name);
  const orphans = key === undefined ? 0 : await countOrphans(connection, { child: table, key });
  if (orphans === 0) return undefined;
  await connection.execute(sql`ALTER TABLE ${table.sql} DROP FOREIGN KEY ${identifier(name)}`);
  return `${table.qualifiedName}: foreign key ${name} does not hold: ${orphans} rows refer to no row of ${key?.parent}`;
}

const names = "((?:`(?:[^`]|``)*`,?)+)";
const referring = new RegExp(`FOREIGN KEY \\(${names}\\) REFERENCES(?: \`(?:[^\`]|\`\`)*\`\\.?){1,2} \\(${names}\\)`);
const plainIndex = new RegExp(`^KEY \`(?:[^\`]|\`\`)*\` \\(${names}\\)$`);

// An index that the server made for a foreign key which somebody declared without one goes when the key is added again, for
// one that bears the key's name. Declared in the same statement it stays: to the server nothing about it has changed.
function indexesMadeOwn(items: readonly TableItem[], foreignKey: string): readonly Sql[] {
  const columns = referring.exec(foreignKey)?.[1];
  return items
    .filter(({ kind, text }) => kind === "index" && columns !== undefined && plainIndex.exec(text)?.[1] === columns)
    .flatMap(({ name, text }) => [sql`DROP INDEX ${identifier(name)}`, sql`ADD ${trusted(text)}`]);
}

/** A foreign key that was saved and stands aside. */
export function readForeignKey({ name, definition, parent = "" }: Saved): ForeignKey {
  const [, columns = "", parentColumns = ""] = referring.exec(definition) ?? [];
  const listed = (text: string) =>
    [...text.matchAll(/`((?:[^`]|``)*)`/g)].map(([, one = ""]) => one.replaceAll("``", "`"));
  return { name, columns: listed(columns), parent, parentColumns: listed(parentColumns) };
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
