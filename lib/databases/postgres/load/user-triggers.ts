import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, sql, trusted } from "../identifiers.js";

interface Trigger {
  readonly table: string;
  readonly name: string;
  readonly state: string;
}

/**
 * Runs `work` while no trigger of the users fires for the table or its partitions, inside the caller's transaction: a
 * crash leaves each as it was. Those that were disabled stay so.
 */
export async function withTriggersAside<Result>(
  connection: Connection,
  table: FoundTable,
  work: () => Promise<Result>,
): Promise<Result> {
  const triggers = await triggersOf(connection, table);
  for (const one of triggers) await alter(connection, one, "DISABLE");
  const result = await work();
  // A table with deferred checks that are still to be made cannot be altered.
  if (triggers.length > 0) await connection.execute(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  for (const one of triggers) await alter(connection, one, statements[one.state] ?? "ENABLE");
  return result;
}

const statements: Readonly<Record<string, string>> = { O: "ENABLE", R: "ENABLE REPLICA", A: "ENABLE ALWAYS" };

// Those of partitions that stem from the table's own follow them.
async function triggersOf(connection: Connection, { oid }: FoundTable): Promise<readonly Trigger[]> {
  return await connection.query<Trigger & object>(sql`
    SELECT format('%I.%I', n.nspname, c.relname) AS table, t.tgname AS name, t.tgenabled AS state
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND COALESCE(to_jsonb(t) ->> 'tgparentid', '0') = '0'
      AND (t.tgrelid = ${trusted(oid)} OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(${trusted(oid)})))
    ORDER BY 1, 2`);
}

async function alter(connection: Connection, { table, name }: Trigger, statement: string): Promise<void> {
  await connection.execute(sql`ALTER TABLE ${trusted(table)} ${trusted(statement)} TRIGGER ${identifier(name)}`);
}
