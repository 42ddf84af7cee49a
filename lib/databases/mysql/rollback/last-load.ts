// What holds of the ledger when a load is taken back:
// 1. It says so in the transaction that brings the former rows back, or not at all: `taken back`, with what was done.
// 2. Only the latest load of a table goes, and one step back is all there is: a load that has gone is not looked behind.
// 3. What it had replaced is live again.
import { sql } from "../../../mapping/sql.js";
import { asLastLoad } from "../../last-load.js";
import type { LastLoad, LaterLoad, LoadOf, TakenBack } from "../../rollback-port.js";
import type { Connection } from "../connection.js";
import { literal, trusted } from "../identifiers.js";
import { type GenerationKey, ofGeneration, ofTable, readGeneration } from "../load/generations.js";
import { hasLedger } from "../load/ledger.js";
import type { TargetConnection } from "../load/target-connection.js";

/** What the ledger says of the latest load of a table (`schema.table`) by this migration: of its transforms, or of the unit named. */
export async function lastLoad(connection: Connection, of: LoadOf): Promise<LastLoad> {
  if (!(await hasLedger(connection))) return { kind: "none" };
  const { migration, table, unit } = of;
  const wanted = unit === undefined ? sql`NOT LIKE 'unit:%'` : sql`= ${literal(`unit:${unit}`)}`;
  const [latest] = await connection.query(sql`SELECT generation, number, undo_by FROM waybill_generations
    WHERE migration = ${literal(migration)} AND ${ofTable(table)} AND state <> 'open' AND generation ${wanted}
    ORDER BY number DESC LIMIT 1`);
  if (latest === undefined) return { kind: "none" };
  const [name, number, undo] = latest;
  const generation = await readGeneration(connection, { migration, table, generation: name ?? "" });
  if (generation === undefined) return { kind: "none" };
  const later = () => laterLoads(connection, table, number ?? "0");
  return await asLastLoad({ table, generation, undo, ledger: "waybill_generations", later });
}

// A unit that found every row as it should be has changed nothing that could stand in the way.
async function laterLoads(connection: Connection, table: string, number: string): Promise<readonly LaterLoad[]> {
  const rows = await connection.query(sql`SELECT migration, generation FROM waybill_generations
    WHERE ${ofTable(table)} AND state = 'live' AND number > ${trusted(number)} AND (mode = 'replace' OR inserted + updated > 0)
    ORDER BY number`);
  return rows.map(([migration, generation]) => ({ migration: migration ?? "", generation: generation ?? "" }));
}

/** Writes down that a load was taken back, and how, inside the transaction that did it. */
export async function settleTakenBack(
  connection: TargetConnection,
  key: GenerationKey,
  outcome: TakenBack,
): Promise<void> {
  const [[mode] = []] = await connection.query(
    sql`SELECT mode FROM waybill_generations WHERE ${ofGeneration(key)} FOR UPDATE`,
  );
  // What it had kept is of no more use: the table of former rows goes when all is committed.
  const undo = literal(JSON.stringify({ kind: "empty", takenBack: outcome }));
  await connection.execute(
    sql`UPDATE waybill_generations SET state = 'taken back', undo_by = ${undo} WHERE ${ofGeneration(key)}`,
  );
  if (mode !== "replace") return;
  // What these had kept to be taken back themselves is gone.
  await connection.execute(
    sql`UPDATE waybill_generations SET state = 'live', undo_by = NULL WHERE ${ofTable(key.table)} AND state = 'replaced'`,
  );
}
