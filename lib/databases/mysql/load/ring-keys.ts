import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { ForeignKey } from "../../port.js";
import type { LoadRequest } from "../../target-port.js";
import { type FoundTable, findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal } from "../identifiers.js";
import { countOrphans, readForeignKey } from "./foreign-keys.js";

/**
 * Throws "integrity" where rows contradict a foreign key between this table and another one of a ring, while it stands
 * aside. Of a table whose rows are still to come nothing is asked: its own load asks.
 */
export async function assertRingHolds(
  connection: Connection,
  found: FoundTable,
  { migration, rejects }: Pick<LoadRequest, "migration" | "rejects">,
): Promise<void> {
  const later = new Set<string>();
  for (const name of rejects.later) later.add((await findTable(connection, name)).qualifiedName);
  for (const { child, key } of await keysAside(connection, { migration, found })) {
    if (later.has(child) || later.has(key.parent)) continue;
    const table = await findTable(connection, child);
    const orphans = await countOrphans(connection, { child: table, key });
    if (orphans === 0) continue;
    throw new StageError(
      "integrity",
      `${child}: ${orphans} rows would refer to no row of ${key.parent} (foreign key ${key.name}); nothing was written to ${found.qualifiedName}`,
      "load that table as well, or correct the mapping",
    );
  }
}

interface KeyAside {
  /** The table that refers, with its schema. */
  readonly child: string;
  readonly key: ForeignKey;
}

async function keysAside(
  connection: Connection,
  { migration, found }: { readonly migration: string; readonly found: FoundTable },
): Promise<readonly KeyAside[]> {
  const name = literal(found.qualifiedName);
  const rows = await connection.query(sql`SELECT table_name, name, parent, definition FROM waybill_definitions
    WHERE migration = ${literal(migration)} AND kind = 'foreign key' AND ${name} IN (table_name, parent)
    ORDER BY table_name, name`);
  return rows.map(([child, key, parent, definition]) => ({
    child: child ?? "",
    key: readForeignKey({ name: key ?? "", parent: parent ?? "", definition: definition ?? "" }),
  }));
}
