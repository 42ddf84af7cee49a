import { sql } from "../../../mapping/sql.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, literal } from "../identifiers.js";

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

/** What is missing, by database: those of the tables, and the one of the ledger. To merge, rows that change stand in a table of the session. */
export async function missingPrivileges(
  connection: Connection,
  { tables, merges }: { readonly tables: readonly FoundTable[]; readonly merges: boolean },
): Promise<readonly MissingPrivileges[]> {
  const wanted = merges ? [...needed, "CREATE TEMPORARY TABLES"] : needed;
  const [[own = ""] = []] = await connection.query(sql`SELECT database()`);
  const grantee = await granteeOf(connection);
  const missing: MissingPrivileges[] = [];
  for (const database of new Set([own ?? "", ...tables.map(({ schema }) => schema)])) {
    const held = await heldIn(connection, database);
    const privileges = wanted.filter((one) => !held.has(one));
    if (privileges.length === 0) continue;
    const grant = `GRANT ${privileges.join(", ")} ON ${identifier(database)}.* TO ${grantee}`;
    missing.push({ database, privileges, grant });
  }
  return missing;
}

/** The privileges on a table that the user has, and the name to grant others to. */
export async function heldOn(connection: Connection, { schema, name }: FoundTable) {
  const ofTable = sql`UNION SELECT GRANTEE, PRIVILEGE_TYPE, current_user() FROM information_schema.TABLE_PRIVILEGES
    WHERE TABLE_SCHEMA = ${literal(schema)} AND TABLE_NAME = ${literal(name)}`;
  return { held: await heldIn(connection, schema, ofTable), grantee: await granteeOf(connection) };
}

async function granteeOf(connection: Connection): Promise<string> {
  const [[user] = []] = await connection.query(sql`SELECT current_user()`);
  return (user ?? "").replace(/^(.*)@(.*?)$/s, "'$1'@'$2'");
}

// Others' privileges are shown to nobody who has not all of them. A role's count while it is switched on.
async function heldIn(connection: Connection, database: string, more = sql``): Promise<ReadonlySet<string>> {
  const roles = await connection
    .query(
      sql`SELECT concat('''', ROLE_NAME, '''@%') FROM information_schema.ENABLED_ROLES WHERE ROLE_NAME IS NOT NULL`,
    )
    .catch(() => []);
  const rows = await connection.query(sql`
    SELECT GRANTEE, PRIVILEGE_TYPE, current_user() FROM information_schema.USER_PRIVILEGES
    UNION SELECT GRANTEE, PRIVILEGE_TYPE, current_user() FROM information_schema.SCHEMA_PRIVILEGES
      WHERE ${literal(database)} LIKE TABLE_SCHEMA ${more}`);
  const isOurs = (grantee: string, user: string): boolean =>
    grantee.replaceAll("'", "") === user || roles.some(([role]) => grantee.startsWith((role ?? "").replace(/%$/, "")));
  return new Set(
    rows.flatMap(([grantee, privilege, user]) => (isOurs(grantee ?? "", user ?? "") ? (privilege ?? []) : [])),
  );
}
