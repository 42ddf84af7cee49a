import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { FoundTable } from "../catalog.js";
import { ofTable } from "./generations.js";
import { previousTables } from "./kept-tables.js";
import type { TargetConnection } from "./target-connection.js";

/** Drops the tables of former rows by which no load could be taken back any more: only the last one can. One that is in use waits for the next load. */
export async function dropForgotten(connection: TargetConnection, table: FoundTable): Promise<void> {
  const rows = await connection.query(
    sql`SELECT undo_by FROM waybill_generations WHERE ${ofTable(table.qualifiedName)} AND state = 'live' AND undo_by IS NOT NULL`,
  );
  const wanted = new Set(rows.map(([undo]) => (JSON.parse(undo ?? "{}") as { readonly table?: string }).table));
  for (const kept of await previousTables(connection, table))
    if (!wanted.has(kept.qualifiedName))
      await connection.execute(sql`DROP TABLE IF EXISTS ${kept.sql}`).catch((error: unknown) => {
        if (!(error instanceof StageError) || error.kind !== "temporary") throw error;
      });
}
