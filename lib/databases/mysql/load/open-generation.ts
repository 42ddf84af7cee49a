// What holds of a generation whose parts arrive beside its table:
// 1. It stands in the ledger under a name of its own until it is settled: the table may hold the very same generation,
//    whose lines say who wrote the rows that are there.
// 2. A table has one such generation at most, and its staging table goes when it does.
// 3. DDL commits by itself. So the staging table goes before its lines do: a crash in between leaves lines without a
//    table, which the next run sees.
import { sql } from "../../../mapping/sql.js";
import { arrivingKey, type Opening } from "../../arriving-parts.js";
import type { LoadMode, LoadWay } from "../../target-port.js";
import type { FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { literal, trusted } from "../identifiers.js";
import { type GenerationKey, makeRoom, ofGeneration, ofTable } from "./generations.js";
import { arrivingTable, nextTable } from "./kept-tables.js";
import { hasLedger } from "./ledger.js";
import type { TargetConnection } from "./target-connection.js";

/** A swap that is about to happen, or has: which of the two, the tables that are there tell. */
export interface Swapping {
  /** Rows of the live table, and the number under which they are kept. */
  readonly before: number;
  readonly number: number;
  /** Rows of the next table, and their sum: see known-rows.ts. */
  readonly rowCount: number;
  readonly loadedSum: string;
  readonly quarantined: number;
}

/** How a generation was opened, and whether it is about to take the table's place. */
export interface OpenGeneration extends Opening {
  readonly swapping?: Swapping;
}

/** What is open of a table: at most one generation, whichever migration opened it. */
export async function openOf(
  connection: Connection,
  { qualifiedName }: FoundTable,
): Promise<(OpenGeneration & { readonly key: GenerationKey }) | undefined> {
  const [row] = await connection.query(sql`SELECT migration, generation, mode, way, undo_by FROM waybill_generations
    WHERE ${ofTable(qualifiedName)} AND state = 'open' LIMIT 1`);
  if (row === undefined) return undefined;
  const [migration, generation, mode, way, opened] = row;
  const facts = JSON.parse(opened ?? "{}") as Pick<OpenGeneration, "shape" | "swapping">;
  const name = (generation ?? "").replace(/^arriving:/, "");
  const key = { migration: migration ?? "", table: qualifiedName, generation: name };
  return { ...facts, mode: mode as LoadMode, way: way as LoadWay, key };
}

/** How the generation was opened; undefined where it is not open. */
export async function readOpening(
  connection: Connection,
  table: FoundTable,
  key: GenerationKey,
): Promise<Opening | undefined> {
  const open = await openOf(connection, table);
  return open?.key.migration === key.migration && open.key.generation === key.generation ? open : undefined;
}

/** Opens a generation, whose staging table is there and empty. */
export async function openGeneration(
  connection: TargetConnection,
  key: GenerationKey,
  { mode, way, shape }: Opening,
): Promise<void> {
  const arriving = arrivingKey(key);
  const texts = [arriving.migration, arriving.table, arriving.generation, mode, way].map(literal);
  const opened = literal(JSON.stringify({ kind: "open", shape }));
  await connection.execute(sql`INSERT INTO waybill_generations (migration, table_name, generation, mode, way, state, undo_by, loaded_by)
    VALUES (${trusted(texts.join(", "))}, 'open', ${opened}, current_user())`);
}

/** Writes down, before it happens, that a generation's table takes the place of the live one. */
export async function announceSwap(
  connection: TargetConnection,
  key: GenerationKey,
  { shape, swapping }: Pick<OpenGeneration, "shape" | "swapping">,
): Promise<void> {
  const opened = literal(JSON.stringify({ kind: "open", shape, swapping }));
  await connection.execute(
    sql`UPDATE waybill_generations SET undo_by = ${opened} WHERE ${ofGeneration(arrivingKey(key))} AND state = 'open'`,
  );
}

/** Drops the staging tables that a run left which died once all was committed: no generation is open for them. */
export async function dropLeftovers(connection: TargetConnection, table: FoundTable): Promise<void> {
  if (!(await hasLedger(connection)) || (await openOf(connection, table)) !== undefined) return;
  await dropStaging(connection, table);
}

async function dropStaging(connection: TargetConnection, table: FoundTable): Promise<void> {
  for (const kept of [nextTable(table), arrivingTable(table)])
    await connection.execute(sql`DROP TABLE IF EXISTS ${kept.sql}`);
}

/** Drops what open generations of a table have left, whichever migration opened them: staging tables, then lines. */
export async function forgetOpen(connection: TargetConnection, table: FoundTable): Promise<void> {
  await dropStaging(connection, table);
  const open = sql`${ofTable(table.qualifiedName)} AND state = 'open'`;
  await connection.transaction(async () => {
    await connection.execute(sql`DELETE FROM waybill_loads WHERE ${ofTable(table.qualifiedName)} AND (migration, generation) IN (
      SELECT migration, generation FROM waybill_generations WHERE ${open})`);
    await connection.execute(sql`DELETE FROM waybill_generations WHERE ${open}`);
  });
}

/** Makes the lines of an open generation those of the generation itself, inside the transaction that settles it. */
export async function takeOverLines(connection: TargetConnection, key: GenerationKey): Promise<void> {
  const arriving = ofGeneration(arrivingKey(key));
  await makeRoom(connection, key);
  await connection.execute(sql`UPDATE waybill_loads SET generation = ${literal(key.generation)} WHERE ${arriving}`);
  await connection.execute(sql`DELETE FROM waybill_generations WHERE ${arriving}`);
}
