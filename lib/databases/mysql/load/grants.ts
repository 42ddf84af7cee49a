import { sql } from "../../../mapping/sql.js";
import type { Connection } from "../connection.js";

/** What the user of a session may do, by itself and by the roles that are switched on. */
export interface Grants {
  /** Whether it has a privilege on this table or database; on all databases where none is named. */
  has(privilege: string, database?: string, table?: string): boolean;
}

/** What SHOW GRANTS says: the catalog shows nobody the privileges of roles. Those on single columns are left out. */
export async function grantsOf(connection: Connection): Promise<Grants> {
  const rows = await connection.query(sql`SHOW GRANTS`);
  const lines = rows.flatMap(([text]) => readGrant(text ?? "") ?? []);
  const says = (verb: Grant["verb"], privilege: string, isMeant: (line: Grant) => boolean): boolean =>
    lines.some((line) => line.verb === verb && line.privileges.has(privilege) && isMeant(line));
  const isGranted = (privilege: string, isMeant: (line: Grant) => boolean): boolean =>
    says("GRANT", privilege, isMeant) || says("GRANT", "ALL PRIVILEGES", isMeant);
  const everywhere = (line: Grant): boolean => line.database === undefined;
  return {
    has: (privilege, database, table) => {
      if (database === undefined) return isGranted(privilege, everywhere);
      const isThere = (line: Grant): boolean =>
        line.database !== undefined &&
        (line.table === undefined
          ? isLike(database, line.database)
          : line.database === database && line.table === table);
      if (isGranted(privilege, isThere)) return true;
      // MySQL can take back for one database what was granted for all.
      return isGranted(privilege, everywhere) && !says("REVOKE", privilege, (line) => line.database === database);
    },
  };
}

interface Grant {
  readonly verb: "GRANT" | "REVOKE";
  readonly privileges: ReadonlySet<string>;
  /** A name; of a whole database a pattern, in which GRANT knows `%` and `_`. undefined: all of them. */
  readonly database: string | undefined;
  readonly table: string | undefined;
}

const name = "(\\*|`(?:[^`]|``)*`)";
const shape = new RegExp(`^(GRANT|REVOKE) (.+?) ON ${name}\\.${name} (?:TO|FROM) `);

function readGrant(text: string): Grant | undefined {
  const [, verb, privileges = "", ...place] = shape.exec(text) ?? [];
  if (verb === undefined) return undefined;
  const [database, table] = place.map((one) => (one === "*" ? undefined : one.slice(1, -1).replaceAll("``", "`")));
  return { verb: verb === "GRANT" ? verb : "REVOKE", privileges: new Set(privileges.split(/, ?/)), database, table };
}

function isLike(database: string, pattern: string): boolean {
  const words = pattern.replace(/\\?[\s\S]/g, (one) => {
    if (one === "%") return ".*";
    return one === "_" ? "." : (one.at(-1) ?? "").replace(/[^\w]/, "\\$&");
  });
  return new RegExp(`^${words}$`, "is").test(database);
}
