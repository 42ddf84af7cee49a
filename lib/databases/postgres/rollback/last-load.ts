// What holds of the ledger when a load is taken back:
// 1. It says so in the transaction that brings the former rows back, or not at all: `taken back`, with what was done.
// 2. Only the latest load of a table goes, and one step back is all there is: a load that has gone is not looked behind.
// 3. What it had replaced is live again.
import { asLastLoad } from "../../last-load.js";
import type { LastLoad, LaterLoad, LoadOf, TakenBack } from "../../rollback-port.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";
import { type GenerationKey, readGeneration } from "../load/generations.js";
import { hasLedger } from "../load/ledger.js";

/** What the ledger says of the latest load of a table (`schema.table`) by this migration: of its transforms, or of the unit named. */
export async function lastLoad(connection: Connection, of: LoadOf): Promise<LastLoad> {
  if (!(await hasLedger(connection))) return { kind: "none" };
  const { migration, table, unit } = of;
  const [latest] = await connection.query<{ generation: string; number: string; undo: string | null }>(
    sql`SELECT generation, number, undo FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND state <> 'open'
          AND CASE WHEN $3::text IS NULL THEN generation NOT LIKE 'unit:%' ELSE generation = 'unit:' || $3 END
        ORDER BY number DESC LIMIT 1`,
    [migration, table, unit ?? null],
  );
  if (latest === undefined) return { kind: "none" };
  const generation = await readGeneration(connection, { migration, table, generation: latest.generation });
  if (generation === undefined) return { kind: "none" };
  const { number, undo } = latest;
  const later = () => laterLoads(connection, table, number);
  return await asLastLoad({ table, generation, undo, ledger: "waybill.generations", later });
}

// A unit that found every row as it should be has changed nothing that could stand in the way.
async function laterLoads(connection: Connection, table: string, number: string): Promise<readonly LaterLoad[]> {
  return await connection.query<{ migration: string; generation: string }>(
    sql`SELECT migration, generation FROM waybill.generations
        WHERE table_name = $1 AND state = 'live' AND number > $2 AND (mode = 'replace' OR inserted + updated > 0)
        ORDER BY number`,
    [table, number],
  );
}

/** Writes down that a load was taken back, and how, inside the transaction that did it. */
export async function settleTakenBack(connection: Connection, key: GenerationKey, outcome: TakenBack): Promise<void> {
  const values = [key.migration, key.table, key.generation];
  const [settled] = await connection.query<{ mode: string }>(
    sql`UPDATE waybill.generations SET state = 'taken back', undo = (COALESCE(undo::jsonb, '{}') || jsonb_build_object('takenBack',
          $4::jsonb || jsonb_build_object('transaction', (txid_current() % 4294967296)::text)))::json
        WHERE migration = $1 AND table_name = $2 AND generation = $3 RETURNING mode`,
    [...values, JSON.stringify(outcome)],
  );
  if (settled?.mode !== "replace") return;
  // What these had kept to be taken back themselves is gone.
  await connection.execute(
    sql`UPDATE waybill.generations SET state = 'live', undo = NULL WHERE table_name = $1 AND state = 'replaced'`,
    [key.table],
  );
}
