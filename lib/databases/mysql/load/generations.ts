import { sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import type { Undo } from "../../kept-port.js";
import type { Generation, LoadCounts, LoadLine, LoadMode, LoadWay, Standing } from "../../target-port.js";
import type { Connection } from "../connection.js";
import { literal, trusted } from "../identifiers.js";
import { hasLedger } from "./ledger.js";
import type { TargetConnection } from "./target-connection.js";

/** A generation of a table: the migration, the table as `schema.table`, and the name. */
export interface GenerationKey {
  readonly migration: string;
  readonly table: string;
  readonly generation: string;
}

/** A condition on the ledger: lines of this table. */
export const ofTable = (table: string): Sql => sql`table_name = ${literal(table)}`;

/** A condition on the ledger: lines of this generation. */
export const ofGeneration = ({ migration, table, generation }: GenerationKey): Sql =>
  sql`migration = ${literal(migration)} AND ${ofTable(table)} AND generation = ${literal(generation)}`;

/** What the ledger says of a table and of one generation of it; nothing where there is no ledger yet. */
export async function standing(connection: Connection, key: GenerationKey): Promise<Standing> {
  if (!(await hasLedger(connection))) return { generation: undefined, lines: [], addedSince: 0, others: 0 };
  return {
    generation: await readGeneration(connection, key),
    lines: await linesOf(connection, key),
    addedSince: await numberOf(
      connection,
      sql`SELECT coalesce(sum(later.inserted), 0) FROM waybill_generations later JOIN waybill_generations this
          ON this.migration = ${literal(key.migration)} AND this.table_name = later.table_name
            AND this.generation = ${literal(key.generation)}
        WHERE later.${ofTable(key.table)} AND later.state = 'live' AND later.number > this.number`,
    ),
    others: await numberOf(
      connection,
      sql`SELECT count(*) FROM waybill_generations WHERE migration = ${literal(key.migration)} AND ${ofTable(key.table)}
        AND generation <> ${literal(key.generation)} AND state = 'live' AND generation NOT LIKE 'unit:%'`,
    ),
  };
}

/** One load of a table as the ledger has it. */
export async function readGeneration(connection: Connection, key: GenerationKey): Promise<Generation | undefined> {
  // While its parts arrive it stands under a name of its own as well, and is not finished: see open-generation.ts.
  const arriving = { ...key, generation: `arriving:${key.generation}` };
  const [row] =
    await connection.query(sql`SELECT mode, way, state, rows_before, inserted, updated, unchanged, quarantined,
      rows_after, undo_by FROM waybill_generations WHERE (${ofGeneration(key)}) OR (${ofGeneration(arriving)})
    ORDER BY generation <> ${literal(key.generation)} DESC LIMIT 1`);
  if (row === undefined) return undefined;
  const [mode, way, state, ...rest] = row;
  const [before = 0, inserted = 0, updated = 0, unchanged = 0, quarantined = 0, after = 0] = rest
    .slice(0, 6)
    .map(Number);
  const undo = rest[6];
  return {
    name: key.generation,
    mode: mode as LoadMode,
    way: way as LoadWay,
    state: state as Generation["state"],
    counts: { before, inserted, updated, unchanged, quarantined, after },
    undo: undo == null ? undefined : (JSON.parse(undo) as Undo),
  };
}

/** The lines of one generation, by part. */
export async function linesOf(connection: Connection, key: GenerationKey): Promise<readonly LoadLine[]> {
  const rows = await connection.query(
    sql`SELECT generation, part, hash, row_count FROM waybill_loads WHERE ${ofGeneration(key)} ORDER BY part`,
  );
  return rows.map(([generation, part, hash, rowCount]) => ({
    ...{ generation: generation ?? "", part: part ?? "", hash: hash ?? "" },
    rowCount: Number(rowCount),
  }));
}

/** How many rows of the table this migration put there and nobody has replaced. */
export async function accountedRows(connection: Connection, migration: string, table: string): Promise<number> {
  if (!(await hasLedger(connection))) return 0;
  return await numberOf(
    connection,
    sql`SELECT coalesce(sum(inserted), 0) FROM waybill_generations
      WHERE migration = ${literal(migration)} AND ${ofTable(table)} AND state = 'live'`,
  );
}

/** The only number that a statement returns. */
export async function numberOf(connection: Connection, select: Sql): Promise<number> {
  return Number((await connection.query(select))[0]?.[0] ?? 0);
}

/** Writes the line of a part, inside the transaction that writes its rows. */
export async function writeLine(connection: TargetConnection, key: GenerationKey, line: LoadLine): Promise<void> {
  const values = [key.migration, key.table, line.part, line.generation, line.hash].map(literal);
  await connection.execute(sql`INSERT INTO waybill_loads (migration, table_name, part, generation, hash, row_count, loaded_by)
    VALUES (${trusted(values.join(", "))}, ${trusted(String(line.rowCount))}, current_user())`);
}

/** A generation whose rows go into the table in the caller's transaction. */
export interface Settling {
  readonly mode: LoadMode;
  readonly way: LoadWay;
  readonly counts: LoadCounts;
  readonly undo?: Undo;
}

/** The number of the load that comes next to a table. */
export async function nextNumber(connection: Connection, table: string): Promise<number> {
  return await numberOf(
    connection,
    sql`SELECT 1 + coalesce(max(number), 0) FROM waybill_generations WHERE ${ofTable(table)}`,
  );
}

/**
 * Makes a generation the latest of its table, inside the transaction that makes its rows visible. In mode "replace" those
 * that were live, whosesoever, are replaced; what had been replaced before is forgotten: one step back is kept.
 */
export async function settleGeneration(
  connection: TargetConnection,
  key: GenerationKey,
  { mode, way, counts, undo }: Settling,
): Promise<void> {
  const number = await nextNumber(connection, key.table);
  if (mode === "replace") await putAside(connection, key);
  const { before, inserted, updated, unchanged, quarantined, after } = counts;
  const texts = [key.migration, key.table, key.generation, mode, way].map(literal);
  const numbers = [number, before, inserted, updated, unchanged, quarantined, after].map(String);
  await connection.execute(sql`DELETE FROM waybill_generations WHERE ${ofGeneration(key)}`);
  await connection.execute(sql`INSERT INTO waybill_generations (migration, table_name, generation, mode, way, state, number,
      rows_before, inserted, updated, unchanged, quarantined, rows_after, undo_by, loaded_by)
    VALUES (${trusted(texts.join(", "))}, 'live', ${trusted(numbers.join(", "))},
      ${undo === undefined ? sql`NULL` : literal(JSON.stringify(undo))}, current_user())`);
}

async function putAside(connection: TargetConnection, { table, ...key }: GenerationKey): Promise<void> {
  const others = sql`${ofTable(table)} AND NOT (migration = ${literal(key.migration)} AND generation = ${literal(key.generation)})`;
  const older = sql`${others} AND state IN ('replaced', 'taken back')`;
  await connection.execute(sql`DELETE FROM waybill_loads WHERE ${ofTable(table)} AND (migration, generation) IN (
    SELECT migration, generation FROM waybill_generations WHERE ${older})`);
  await connection.execute(sql`DELETE FROM waybill_generations WHERE ${older}`);
  await connection.execute(sql`UPDATE waybill_generations SET state = 'replaced' WHERE ${others} AND state = 'live'`);
}

/**
 * Makes room for the lines of a generation that is loaded anew. An earlier load of the very same keeps its own, and
 * steps aside with them under a name that ends in `~` and its number: rows that it wrote may still be in the table, or
 * come back when the new one is taken back.
 */
export async function makeRoom(connection: TargetConnection, key: GenerationKey): Promise<void> {
  const [[number] = []] = await connection.query(
    sql`SELECT number FROM waybill_generations WHERE ${ofGeneration(key)} AND state = 'live'`,
  );
  if (number === undefined) {
    await connection.execute(sql`DELETE FROM waybill_loads WHERE ${ofGeneration(key)}`);
    return;
  }
  const name = literal(`${key.generation}~${number}`);
  await connection.execute(sql`UPDATE waybill_generations SET generation = ${name} WHERE ${ofGeneration(key)}`);
  await connection.execute(sql`UPDATE waybill_loads SET generation = ${name} WHERE ${ofGeneration(key)}`);
}

/** Whether what a generation loaded is in the table. */
export async function isLive(connection: Connection, key: GenerationKey): Promise<boolean> {
  const rows = await connection.query(
    sql`SELECT 1 FROM waybill_generations WHERE ${ofGeneration(key)} AND state = 'live'`,
  );
  return rows.length > 0;
}
