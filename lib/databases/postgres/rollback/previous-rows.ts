import { emptyChecksum } from "../../../model/checksum.js";
import type { Undo } from "../../kept-port.js";
import {
  assertAllBack,
  assertSameShape,
  formerRowsChanged,
  formerRowsCounted,
  formerRowsGone,
} from "../../rollback-faults.js";
import type { CameBack } from "../../rollback-port.js";
import type { FoundTable } from "../catalog.js";
import { describeTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifiers, qualified, sql } from "../identifiers.js";
import type { GenerationKey } from "../load/generations.js";
import { isKept } from "../load/kept-tables.js";
import { rowsChecksum } from "../row-checksum.js";

/** What the table held before a load that replaced all of it. */
export type Previous = Exclude<Undo, { readonly kind: "images" }>;

/** Throws "missing" or "integrity" unless the rows that were kept are all there. */
export async function assertPrevious(
  connection: Connection,
  found: FoundTable,
  { previous, key }: { readonly previous: Previous; readonly key: GenerationKey },
): Promise<void> {
  if (previous.kind === "empty") return;
  const { table, rows } = previous;
  if (!(await isKept(connection, table))) throw formerRowsGone(found.qualifiedName, previous);
  const { count, changed } = await countKept(connection, table, key);
  if (count !== rows) throw formerRowsCounted(found.qualifiedName, previous, count);
  if (changed > 0) throw formerRowsChanged(found.qualifiedName, previous, `${changed} were`);
  await assertSameColumns(connection, found, table);
}

// Whatever was kept was written before the load committed, or by it. Of rows older than two billion transactions nothing
// can be told: their age is negative.
async function countKept(connection: Connection, table: string, { migration, table: of, generation }: GenerationKey) {
  const [row] = await connection.query<{ count: string; changed: string }>(
    sql`SELECT count(*) AS count, count(*) FILTER (WHERE age(kept.xmin) >= 0 AND age(kept.xmin) < age(g.transaction_id::xid)) AS changed
        FROM ${qualified(table)} AS kept, waybill.generations g
        WHERE g.migration = $1 AND g.table_name = $2 AND g.generation = $3`,
    [migration, of, generation],
  );
  return { count: Number(row?.count), changed: Number(row?.changed) };
}

async function assertSameColumns(connection: Connection, found: FoundTable, kept: string): Promise<void> {
  const shape = async (name: string) =>
    (await describeTable(connection, name)).columns.map((column) => `${column.name} ${column.databaseType}`);
  const [now, former] = [await shape(found.qualifiedName), await shape(kept)];
  assertSameShape(found.qualifiedName, kept, { now, former });
}

/**
 * Brings the former rows back in exchange for those of the load, and proves it: their number and their checksum are
 * those of the rows that were kept. By DELETE, so that a reader with an older snapshot still sees the load's rows.
 */
export async function bringBack(connection: Connection, found: FoundTable, previous: Previous): Promise<CameBack> {
  const removed = await connection.execute(sql`DELETE FROM ${found.sql}`);
  if (previous.kind === "empty") return { restored: 0, removed, checksum: emptyChecksum };
  const { columns } = await describeTable(connection, found.qualifiedName);
  const kept = qualified(previous.table);
  const names = identifiers(columns.filter(({ generated }) => !generated).map(({ name }) => name));
  const restored = await connection.execute(
    sql`INSERT INTO ${found.sql} (${names}) OVERRIDING SYSTEM VALUE SELECT ${names} FROM ${kept}`,
  );
  const checksum = await rowsChecksum(connection, kept, columns);
  const now = await rowsChecksum(connection, found.sql, columns);
  assertAllBack(found.qualifiedName, now, checksum);
  await connection.execute(sql`DROP TABLE ${kept}`);
  return { restored, removed, checksum };
}
