// What holds of what stands aside while loads are taken back:
// 1. All of it, rows and definitions, is one transaction: a crash anywhere leaves everything as it was.
// 2. A foreign key that held before holds afterwards, or nothing has changed.
// 3. All that the catalog says of the tables is the same afterwards, or nothing has changed.
// 4. No row of a table that is not taken back goes or changes with one that is.
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import { orphansLeft } from "../../rollback-faults.js";
import { type Aspect, lostBetween } from "../../table-aspects.js";
import { describeTable, type FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { formatQualified, qualified, sql, trusted } from "../identifiers.js";
import { dropStatement, inOrder } from "../load/definitions.js";
import { collectDefinitions, type SavedDefinition } from "../load/definitions-catalog.js";
import { snapshotOf } from "../load/table-snapshot.js";
import { withTriggersAside } from "../load/user-triggers.js";
import { errorCode } from "../server-errors.js";
import { countOrphans } from "../target-checks-sql.js";

/** Tables whose rows are exchanged, and those of which only some rows change. */
export interface TablesGoingBack {
  readonly whole: readonly FoundTable[];
  readonly some: readonly FoundTable[];
}

/**
 * Runs `work`, in the caller's transaction, while whatever would slow or alter rows on their way back stands aside: of
 * whole tables secondary indexes and foreign keys, of all of them the users' triggers, and keys that would pass a
 * deletion on. Throws "difference" where a foreign key would not hold afterwards.
 */
export async function whileAside<Result>(
  connection: Connection,
  tables: TablesGoingBack,
  work: () => Promise<Result>,
): Promise<Result> {
  const all = [...tables.whole, ...tables.some];
  const before = await keepingPath(connection, () => snapshots(connection, all));
  const definitions = inOrder(await keepingPath(connection, () => collect(connection, tables)));
  const keys = await checksOf(connection, definitions);
  for (const definition of [...definitions].reverse()) await connection.execute(dropStatement(definition));
  await assertNoCascades(connection, all);
  const result = await withAllTriggersAside(connection, all, work);
  // A table with deferred checks that are still to be made cannot be altered.
  await connection.execute(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  for (const definition of definitions) {
    const key = keys.get(definition);
    if (key === undefined) await putBack(connection, definition);
    else await putKeyBack(connection, definition, key);
  }
  const after = await keepingPath(connection, () => snapshots(connection, all));
  for (const table of all) assertUnchanged(table, before.get(table) ?? [], after.get(table) ?? []);
  return result;
}

async function snapshots(connection: Connection, tables: readonly FoundTable[]) {
  const found = new Map<FoundTable, readonly Aspect[]>();
  for (const table of tables) found.set(table, await snapshotOf(connection, table.oid));
  return found;
}

function assertUnchanged({ qualifiedName }: FoundTable, before: readonly Aspect[], after: readonly Aspect[]): void {
  const lost = lostBetween(before, after);
  if (lost.length === 0) return;
  throw new StageError(
    "integrity",
    `${qualifiedName} would not be what it is now: ${lost.join(", ")}; nothing was taken back`,
    "connect as the owner of the table and of those that refer to it",
  );
}

async function putBack(connection: Connection, { steps, validate }: SavedDefinition): Promise<void> {
  for (const step of validate === null ? steps : [...steps, validate]) await connection.execute(trusted(step));
}

// The server says that a key does not hold; it does not say of how many rows. No row is written after the savepoint.
async function putKeyBack(
  connection: Connection,
  definition: SavedDefinition,
  { parent, orphans }: KeyCheck,
): Promise<void> {
  await connection.execute(sql`SAVEPOINT waybill_key`);
  try {
    await putBack(connection, definition);
  } catch (error) {
    if (!(error instanceof StageError) || errorCode(error.cause) !== "23503") throw error;
    await connection.execute(sql`ROLLBACK TO SAVEPOINT waybill_key`);
    const [row] = await connection.query<{ count: string }>(orphans);
    const broken = { child: definition.table, parent, name: definition.name };
    throw orphansLeft(broken, Number(row?.count), error);
  }
  await connection.execute(sql`RELEASE SAVEPOINT waybill_key`);
}

async function withAllTriggersAside<Result>(
  connection: Connection,
  [first, ...rest]: readonly FoundTable[],
  work: () => Promise<Result>,
): Promise<Result> {
  if (first === undefined) return await work();
  return await withTriggersAside(connection, first, () => withAllTriggersAside(connection, rest, work));
}

// Reading the catalog leaves the search path empty, and a CHECK may call functions that rely on it.
async function keepingPath<Result>(connection: Connection, work: () => Promise<Result>): Promise<Result> {
  const [path] = await connection.query<{ text: string }>(sql`SELECT current_setting('search_path') AS text`);
  const result = await work();
  await connection.query(sql`SELECT set_config('search_path', $1, true)`, [path?.text ?? ""]);
  return result;
}

async function collect(connection: Connection, { whole, some }: TablesGoingBack): Promise<readonly SavedDefinition[]> {
  const definitions = [...(await collectDefinitions(connection, { all: whole, keysOnly: [] }))];
  const passingOn = new Set<string>();
  for (const table of some)
    for (const { name, child } of await cascades(connection, table)) passingOn.add(`${child} ${name}`);
  for (const definition of await collectDefinitions(connection, { all: [], keysOnly: some })) {
    const isKnown = definitions.some((one) => one.table === definition.table && one.name === definition.name);
    if (!isKnown && passingOn.has(`${definition.table} ${definition.name}`)) definitions.push(definition);
  }
  return definitions;
}

interface KeyCheck {
  readonly parent: string;
  readonly orphans: Sql;
}

/** How to count the rows for which a foreign key would not hold. */
async function checksOf(
  connection: Connection,
  definitions: readonly SavedDefinition[],
): Promise<ReadonlyMap<SavedDefinition, KeyCheck>> {
  const checks = new Map<SavedDefinition, KeyCheck>();
  for (const definition of definitions) {
    const { kind, table, name } = definition;
    if (kind !== "foreign key") continue;
    const key = (await describeTable(connection, table)).foreignKeys.find((one) => one.name === name);
    if (key === undefined) continue;
    const { columns, parent, parentColumns } = key;
    const sides = { child: qualified(table), columns, parent: qualified(parent), parentColumns, asText: false };
    checks.set(definition, { parent, orphans: countOrphans(sides) });
  }
  return checks;
}

// A key that this role cannot put back stays in place: it may refuse, but it shall not take rows of others along.
async function assertNoCascades(connection: Connection, tables: readonly FoundTable[]): Promise<void> {
  for (const table of tables) {
    const [key] = await cascades(connection, table);
    if (key === undefined) continue;
    throw new StageError(
      "forbidden",
      `${table.qualifiedName}: the foreign key ${key.name} of ${key.child} would delete or change rows there, and this role cannot put it aside`,
      `connect as the owner of ${key.child}`,
    );
  }
}

async function cascades(connection: Connection, { oid }: FoundTable) {
  const rows = await connection.query<{ name: string; schema: string; child: string }>(
    sql`SELECT k.conname AS name, n.nspname AS schema, c.relname AS child FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.confrelid = ${trusted(oid)}
          AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r')) ORDER BY 1`,
  );
  return rows.map(({ name, schema, child }) => ({ name, child: formatQualified(schema, child) }));
}
