import { sql } from "../../../mapping/sql.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, literal, trusted } from "../identifiers.js";
import { type Grants, grantsOf } from "./grants.js";
import type { Saved } from "./ledger.js";
import type { TargetConnection } from "./target-connection.js";

/** A trigger, and the settings it was made under, which belong to it. */
interface TriggerText {
  readonly statement: string;
  readonly sqlMode: string;
  readonly characterSet: string;
  readonly collation: string;
}

/** The names of a table's triggers, in the order they run in. */
export async function triggersOn(connection: Connection, table: FoundTable): Promise<readonly string[]> {
  const rows = await connection.query(sql`SELECT TRIGGER_NAME FROM information_schema.TRIGGERS
    WHERE ${onTable(table)} ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER`);
  return rows.flatMap(([name]) => name ?? []);
}

/** What a person should know where triggers ran for the rows that were written. */
export async function triggerWarnings(connection: Connection, table: FoundTable): Promise<readonly string[]> {
  const triggers = await triggersOn(connection, table);
  if (triggers.length === 0) return [];
  return [`${table.qualifiedName}: triggers ran for the rows that were written: ${triggers.join(", ")}`];
}

/** A condition on information_schema.TRIGGERS: those of this table. */
export const onTable = ({ schema, name }: FoundTable) =>
  sql`EVENT_OBJECT_SCHEMA = ${literal(schema)} AND EVENT_OBJECT_TABLE = ${literal(name)}`;

/** A trigger's statement: one that was made among others is kept with the semicolon behind it, and made again without. */
export const withoutEnd = (statement: string): string => statement.replace(/[;\s]+$/, "");

/** A trigger that this user could drop, but not make again as it is, and what would let it. */
export interface FixedTrigger {
  readonly name: string;
  readonly cure: string;
}

/** MariaDB asks for SET USER; MySQL for one of the others, and for SYSTEM_USER where the definer has that. */
function mayDefineForOthers({ has }: Grants): boolean {
  return has("SET USER") || (has("SYSTEM_USER") && ["SUPER", "SET_USER_ID", "SET_ANY_DEFINER"].some((one) => has(one)));
}

/** The first such trigger of a table; undefined where all can stand aside. */
export async function fixedTrigger(connection: Connection, table: FoundTable): Promise<FixedTrigger | undefined> {
  const rows = await connection.query(sql`SELECT TRIGGER_NAME, DEFINER = current_user(),
      @@log_bin AND NOT @@log_bin_trust_function_creators FROM information_schema.TRIGGERS
    WHERE ${onTable(table)} ORDER BY TRIGGER_NAME`);
  if (rows.length === 0) return undefined;
  const grants = await grantsOf(connection);
  // Whoever may drop a trigger need not be allowed to make one where the server writes a binlog.
  const [logged] = rows.filter(([, , isGuarded]) => isGuarded === "1" && !grants.has("SUPER"));
  if (logged !== undefined)
    return {
      name: logged[0] ?? "",
      cure: "as an administrator: SET GLOBAL log_bin_trust_function_creators = 1, or GRANT SUPER ON *.* to the user",
    };
  const [foreign] = mayDefineForOthers(grants) ? [] : rows.filter(([, isOwn]) => isOwn !== "1");
  if (foreign === undefined) return undefined;
  return {
    name: foreign[0] ?? "",
    cure: "connect as the user that made it, or as one with SET USER (MariaDB) or SET_ANY_DEFINER and SYSTEM_USER (MySQL)",
  };
}

/** The triggers of a table, in the order they are made again in. */
export async function triggersToSave(connection: Connection, table: FoundTable): Promise<readonly Saved[]> {
  const saved: Saved[] = [];
  for (const name of await triggersOn(connection, table)) {
    const [row = []] = await connection.query(sql`SHOW CREATE TRIGGER ${named(table, name)}`);
    const [, sqlMode = "", statement = "", characterSet = "", collation = ""] = row.map((text) => text ?? "");
    const text: TriggerText = { statement, sqlMode, characterSet, collation };
    saved.push({ name, definition: JSON.stringify(text) });
  }
  return saved;
}

const named = ({ schema }: FoundTable, name: string) => sql`${identifier(schema)}.${identifier(name)}`;

/** Drops triggers that were saved. */
export async function dropTriggers(
  connection: TargetConnection,
  table: FoundTable,
  triggers: readonly Saved[],
): Promise<void> {
  for (const { name } of triggers) await connection.execute(sql`DROP TRIGGER IF EXISTS ${named(table, name)}`);
}

/** Makes a trigger again, under the settings it was made under, unless it is there. */
export async function restoreTrigger(
  connection: TargetConnection,
  table: FoundTable,
  { name, definition }: Saved,
): Promise<undefined> {
  if ((await triggersOn(connection, table)).includes(name)) return;
  const { statement, sqlMode, characterSet, collation } = JSON.parse(definition) as TriggerText;
  const variables = sql`sql_mode, character_set_client, collation_connection`;
  const [[mode = "", client = "", own = ""] = []] = (await connection.query(
    sql`SELECT @@SESSION.sql_mode, @@SESSION.character_set_client, @@SESSION.collation_connection`,
  )) as readonly (readonly string[])[];
  const set = (values: readonly string[]) => {
    const assignments = variables.split(", ").map((variable, index) => `${variable} = ${literal(values[index] ?? "")}`);
    return connection.execute(sql`SET SESSION ${trusted(assignments.join(", "))}`);
  };
  await set([sqlMode, characterSet, collation]);
  try {
    await connection.execute(trusted(statement));
  } finally {
    await set([mode, client, own]).catch(() => undefined);
  }
  return;
}
