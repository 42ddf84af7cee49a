import { sql } from "../../../mapping/sql.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier } from "../identifiers.js";
import { grantsOf } from "./grants.js";

/** Privileges on a database that a load needs and the user has not. */
export interface MissingPrivileges {
  readonly database: string;
  readonly privileges: readonly string[];
  /** The statement that would grant them. */
  readonly grant: string;
}

// Tables of ours come and go beside those that are loaded: so it is the database that they are asked for. Without TRIGGER
// the server hides triggers, and nobody would know what an exchange of tables leaves behind.
const needed = [
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "CREATE",
  "DROP",
  "ALTER",
  "INDEX",
  "REFERENCES",
  "TRIGGER",
] as const;

/** What is missing, by database: those of the tables, and the one of the ledger. `sessionTables`: the load makes temporary ones too. */
export async function missingPrivileges(
  connection: Connection,
  { tables, sessionTables }: { readonly tables: readonly FoundTable[]; readonly sessionTables: boolean },
): Promise<readonly MissingPrivileges[]> {
  const wanted = sessionTables ? [...needed, "CREATE TEMPORARY TABLES"] : needed;
  const [[own = ""] = []] = await connection.query(sql`SELECT database()`);
  const grantee = await granteeOf(connection);
  const grants = await grantsOf(connection);
  const missing: MissingPrivileges[] = [];
  for (const database of new Set([own ?? "", ...tables.map(({ schema }) => schema)])) {
    const privileges = wanted.filter((one) => !grants.has(one, database));
    if (privileges.length === 0) continue;
    const grant = `GRANT ${privileges.join(", ")} ON ${identifier(database)}.* TO ${grantee}`;
    missing.push({ database, privileges, grant });
  }
  return missing;
}

/** Our user, as GRANT names it. */
export async function granteeOf(connection: Connection): Promise<string> {
  const [[user] = []] = await connection.query(sql`SELECT current_user()`);
  return (user ?? "").replace(/^(.*)@(.*?)$/s, "'$1'@'$2'");
}
