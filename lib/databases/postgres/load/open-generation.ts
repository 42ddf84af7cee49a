// What holds of a generation whose parts arrive beside its table:
// 1. It stands in the ledger under a name of its own until it is settled: the table may hold the very same generation,
//    whose lines say who wrote the rows that are there.
// 2. A table has one such generation at most, and its staging table goes when it does.

import { arrivingKey, type Opening } from "../../arriving-parts.js";
import type { Connection } from "../connection.js";
import { qualified, sql } from "../identifiers.js";
import { type GenerationKey, makeRoom } from "./generations.js";
import { arrivingTable, nextTable } from "./kept-tables.js";

/** How the generation was opened; undefined where it is not open. */
export async function readOpening(connection: Connection, key: GenerationKey): Promise<Opening | undefined> {
  const { migration, table, generation } = arrivingKey(key);
  const [row] = await connection.query<Opening>(
    sql`SELECT mode, way, undo ->> 'shape' AS shape FROM waybill.generations
        WHERE migration = $1 AND table_name = $2 AND generation = $3 AND state = 'open'`,
    [migration, table, generation],
  );
  return row;
}

/** Opens a generation. Whatever was open of the table is forgotten. */
export async function openGeneration(connection: Connection, key: GenerationKey, opening: Opening): Promise<void> {
  const { mode, way, shape } = opening;
  await forgetOpen(connection, key.table);
  const { migration, table, generation } = arrivingKey(key);
  await connection.execute(
    sql`INSERT INTO waybill.generations (migration, table_name, generation, mode, way, state, undo)
        VALUES ($1, $2, $3, $4, $5, 'open', $6::json)`,
    [migration, table, generation, mode, way, JSON.stringify({ kind: "open", shape })],
  );
}

/** Drops what open generations of a table have left, whichever migration opened them: staging tables and lines. */
export async function forgetOpen(connection: Connection, table: string): Promise<void> {
  await connection.execute(
    sql`DROP TABLE IF EXISTS ${qualified(nextTable(table))}, ${qualified(arrivingTable(table))}`,
  );
  const open = sql`SELECT migration, generation FROM waybill.generations WHERE table_name = $1 AND state = 'open'`;
  await connection.execute(
    sql`DELETE FROM waybill.loads WHERE table_name = $1 AND (migration, generation) IN (${open})`,
    [table],
  );
  await connection.execute(sql`DELETE FROM waybill.generations WHERE table_name = $1 AND state = 'open'`, [table]);
}

/**
 * Makes the lines of an open generation those of the generation itself, inside the transaction that settles it. The
 * transactions they name stay those that wrote the rows.
 */
export async function takeOverLines(connection: Connection, key: GenerationKey): Promise<void> {
  const arriving = arrivingKey(key);
  await makeRoom(connection, key);
  const values = [arriving.migration, arriving.table, arriving.generation];
  await connection.execute(
    sql`UPDATE waybill.loads SET generation = $4 WHERE migration = $1 AND table_name = $2 AND generation = $3`,
    [...values, key.generation],
  );
  await connection.execute(
    sql`DELETE FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND generation = $3`,
    values,
  );
}
