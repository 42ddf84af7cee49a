import { sql } from "../../../mapping/sql.js";
import type { ChosenWay, LoadCheck } from "../../target-port.js";
import { type FoundTable, findTable, productOf } from "../catalog.js";
import type { Connection } from "../connection.js";
import { keyStandingAside, keysOfOthers } from "./foreign-keys.js";
import { chooseMergeWay } from "./merge-rows.js";
import { demandsKeys } from "./own-tables.js";
import { showCreate } from "./show-create.js";
import { fixedTrigger, triggersOn } from "./triggers.js";

/** Decides how a table is loaded: by a swap where nothing hinders it, else in place, saying what does. */
export async function chooseWay(connection: Connection, check: LoadCheck): Promise<ChosenWay> {
  if (check.mode !== "replace") return await chooseMergeWay(connection, check);
  const table = await findTable(connection, check.table);
  const trigger = await runningTrigger(connection, table, check);
  const because = await swapObstacle(connection, { check, table, trigger });
  const aside = trigger === undefined ? "all" : "foreign keys";
  return { way: because === undefined ? "swap" : "in place", because, aside };
}

/** The first trigger that runs for each row: because it is to, or because it could not be made again once it is dropped. */
async function runningTrigger(connection: Connection, table: FoundTable, { triggers }: LoadCheck) {
  return triggers === "keep" ? (await triggersOn(connection, table))[0] : (await fixedTrigger(connection, table))?.name;
}

interface Looking {
  readonly check: LoadCheck;
  readonly table: FoundTable;
  readonly trigger: string | undefined;
}

// The first thing that another table in this one's place would not carry. Views, grants and routines go by its name.
async function swapObstacle(connection: Connection, { check, table, trigger }: Looking): Promise<string | undefined> {
  if (check.inPlace) return "the specification says in_place";
  const [[type] = []] = await connection.query(
    sql`SELECT TABLE_TYPE FROM information_schema.TABLES WHERE ${table.place}`,
  );
  if (type !== "BASE TABLE") return `it is a ${type?.toLowerCase() ?? "view"}`;
  const [another] = await keysOfOthers(connection, table);
  if (another !== undefined) return `foreign key ${another.key.name} of ${another.child.qualifiedName}`;
  if (trigger !== undefined) return `trigger ${trigger}`;
  return (await keyStandingAside(connection, table)) ?? (await ownPart(connection, table));
}

async function ownPart(connection: Connection, table: FoundTable): Promise<string | undefined> {
  const { items, options } = await showCreate(connection, table);
  if (/\b(DATA|INDEX) DIRECTORY\b/.test(options)) return "its files lie in a folder of their own";
  const hasKey = items.some(({ kind }) => kind === "primary key");
  if (!hasKey && (await demandsKeys(connection))) return "the server takes no new table without a primary key";
  // There the name of a CHECK is the whole database's, and a copy gets another one.
  const namesAreShared = (await productOf(connection)) === "mysql";
  const check = namesAreShared ? items.find(({ kind }) => kind === "check") : undefined;
  return check === undefined ? undefined : `CHECK ${check.name}`;
}
