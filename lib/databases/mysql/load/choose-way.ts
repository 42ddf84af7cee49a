import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { ChosenWay, LoadCheck } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { keyStandingAside, keysOfOthers } from "./foreign-keys.js";
import { showCreate, triggersOn } from "./show-create.js";

/** Decides how a table is loaded: by a swap where nothing hinders it, else in place, saying what does. */
export async function chooseWay(connection: Connection, check: LoadCheck): Promise<ChosenWay> {
  if (check.mode !== "replace") throw notYet(check.mode);
  const because = await swapObstacle(connection, check);
  return { way: because === undefined ? "swap" : "in place", because, aside: "foreign keys" };
}

/** Modes that MySQL targets do not know yet. */
export function notYet(mode: string): StageError {
  return new StageError(
    "usage",
    `mode ${mode} is not there yet for MySQL and MariaDB targets`,
    "load: { mode: replace } is; or a PostgreSQL target",
  );
}

// The first thing that another table in this one's place would not carry. Views, grants and routines go by its name.
async function swapObstacle(connection: Connection, check: LoadCheck): Promise<string | undefined> {
  if (check.inPlace) return "the specification says in_place";
  const table = await findTable(connection, check.table);
  const [[type] = []] = await connection.query(
    sql`SELECT TABLE_TYPE FROM information_schema.TABLES WHERE ${table.place}`,
  );
  if (type !== "BASE TABLE") return `it is a ${type?.toLowerCase() ?? "view"}`;
  const [another] = await keysOfOthers(connection, table);
  if (another !== undefined) return `foreign key ${another.key.name} of ${another.child.qualifiedName}`;
  const [trigger] = await triggersOn(connection, table);
  if (trigger !== undefined) return `trigger ${trigger}`;
  return (await keyStandingAside(connection, table)) ?? (await ownPart(connection, table));
}

async function ownPart(connection: Connection, table: FoundTable): Promise<string | undefined> {
  const { items, options } = await showCreate(connection, table);
  if (/\b(DATA|INDEX) DIRECTORY\b/.test(options)) return "its files lie in a folder of their own";
  const [[version = ""] = []] = await connection.query(sql`SELECT version()`);
  // There the name of a CHECK is the whole database's, and a copy gets another one.
  const check = /mariadb/i.test(version ?? "") ? undefined : items.find(({ kind }) => kind === "check");
  return check === undefined ? undefined : `CHECK ${check.name}`;
}
