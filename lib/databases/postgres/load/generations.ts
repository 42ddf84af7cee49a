import type { Undo } from "../../kept-port.js";
import type { Generation, LoadCounts, LoadLine, LoadMode, LoadWay, Standing } from "../../target-port.js";
import type { Connection } from "../connection.js";
import { sql } from "../identifiers.js";
import { hasLedger } from "./ledger.js";

/** A generation of a table: the migration, the table as `schema.table`, and the name. */
export interface GenerationKey {
  readonly migration: string;
  readonly table: string;
  readonly generation: string;
}

/** What the ledger says of a table and of one generation of it; nothing where there is no ledger yet. */
export async function standing(connection: Connection, key: GenerationKey): Promise<Standing> {
  if (!(await hasLedger(connection))) return { generation: undefined, lines: [], addedSince: 0, others: 0 };
  return {
    generation: await readGeneration(connection, key),
    lines: await linesOf(connection, key),
    addedSince: await addedSince(connection, key),
    others: await otherGenerations(connection, key),
  };
}

interface GenerationRow {
  readonly mode: LoadMode;
  readonly way: LoadWay;
  readonly state: Generation["state"];
  readonly rows_before: string;
  readonly inserted: string;
  readonly updated: string;
  readonly unchanged: string;
  readonly quarantined: string;
  readonly rows_after: string;
  readonly undo: string | null;
}

/** One load of a table as the ledger has it. */
export async function readGeneration(connection: Connection, key: GenerationKey): Promise<Generation | undefined> {
  // While its parts arrive it stands under a name of its own as well, and is not finished: see open-generation.ts.
  const [row] = await connection.query<GenerationRow>(
    sql`SELECT mode, way, state, rows_before, inserted, updated, unchanged, quarantined, rows_after, undo::text
        FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND generation IN ($3, 'arriving:' || $3)
        ORDER BY generation <> $3 DESC LIMIT 1`,
    valuesOf(key),
  );
  if (row === undefined) return undefined;
  const counts = {
    before: Number(row.rows_before),
    inserted: Number(row.inserted),
    updated: Number(row.updated),
    unchanged: Number(row.unchanged),
    quarantined: Number(row.quarantined),
    after: Number(row.rows_after),
  };
  const undo = row.undo === null ? undefined : (JSON.parse(row.undo) as Undo);
  return { name: key.generation, mode: row.mode, way: row.way, state: row.state, counts, undo };
}

/** The lines of one generation, by part. */
export async function linesOf(connection: Connection, key: GenerationKey): Promise<readonly LoadLine[]> {
  const rows = await connection.query<{ generation: string; part: string; hash: string; rows: string }>(
    sql`SELECT generation, part, hash, rows FROM waybill.loads
        WHERE migration = $1 AND table_name = $2 AND generation = $3 ORDER BY part COLLATE "C"`,
    valuesOf(key),
  );
  return rows.map(({ generation, part, hash, rows }) => ({ generation, part, hash, rowCount: Number(rows) }));
}

async function addedSince(connection: Connection, key: GenerationKey): Promise<number> {
  const [row] = await connection.query<{ added: string }>(
    sql`SELECT COALESCE(sum(later.inserted), 0) AS added FROM waybill.generations later JOIN waybill.generations this
          ON this.migration = $1 AND this.table_name = later.table_name AND this.generation = $3
        WHERE later.table_name = $2 AND later.state = 'live' AND later.number > this.number`,
    valuesOf(key),
  );
  return Number(row?.added);
}

async function otherGenerations(connection: Connection, key: GenerationKey): Promise<number> {
  const [row] = await connection.query<{ count: string }>(
    sql`SELECT count(*) AS count FROM waybill.generations
        WHERE migration = $1 AND table_name = $2 AND generation <> $3 AND state = 'live' AND generation NOT LIKE 'unit:%'`,
    valuesOf(key),
  );
  return Number(row?.count);
}

/** How many rows of the table this migration put there and nobody has replaced. */
export async function accountedRows(connection: Connection, migration: string, table: string): Promise<number> {
  if (!(await hasLedger(connection))) return 0;
  const [row] = await connection.query<{ rows: string }>(
    sql`SELECT COALESCE(sum(inserted), 0) AS rows FROM waybill.generations
        WHERE migration = $1 AND table_name = $2 AND state = 'live'`,
    [migration, table],
  );
  return Number(row?.rows);
}

/** Writes the line of a part, inside the transaction that wrote its rows. */
export async function writeLine(connection: Connection, { migration, table }: GenerationKey, line: LoadLine) {
  await connection.execute(
    sql`INSERT INTO waybill.loads (migration, table_name, part, generation, hash, rows) VALUES ($1, $2, $3, $4, $5, $6)`,
    [migration, table, line.part, line.generation, line.hash, String(line.rowCount)],
  );
}

/** A generation whose rows go into the table in the caller's transaction. */
export interface Settling {
  readonly mode: LoadMode;
  readonly way: LoadWay;
  readonly counts: LoadCounts;
  readonly undo?: Undo;
}

/**
 * Makes a generation the latest of its table, inside the transaction that makes its rows visible. In mode "replace" those
 * that were live, whosesoever, are replaced; what had been replaced before is forgotten: one step back is kept.
 */
export async function settleGeneration(
  connection: Connection,
  key: GenerationKey,
  { mode, way, counts, undo }: Settling,
): Promise<void> {
  if (mode === "replace") await putAside(connection, key);
  const { before, inserted, updated, unchanged, quarantined, after } = counts;
  await connection.execute(
    sql`INSERT INTO waybill.generations AS g (migration, table_name, generation, mode, way, state, number,
          rows_before, inserted, updated, unchanged, quarantined, rows_after, undo)
        SELECT $1, $2, $3, $4, $5, 'live', 1 + COALESCE(max(number), 0), $6, $7, $8, $9, $10, $11, $12::json
        FROM waybill.generations WHERE table_name = $2
        ON CONFLICT (migration, table_name, generation) DO UPDATE
        SET mode = EXCLUDED.mode, way = EXCLUDED.way, state = EXCLUDED.state, number = EXCLUDED.number,
          rows_before = EXCLUDED.rows_before, inserted = EXCLUDED.inserted, updated = EXCLUDED.updated,
          unchanged = EXCLUDED.unchanged, quarantined = EXCLUDED.quarantined, rows_after = EXCLUDED.rows_after, undo = EXCLUDED.undo,
          transaction_id = EXCLUDED.transaction_id, loaded_at = EXCLUDED.loaded_at, loaded_by = EXCLUDED.loaded_by,
          application = EXCLUDED.application`,
    [
      ...[...valuesOf(key), mode, way],
      ...[before, inserted, updated, unchanged, quarantined, after].map(String),
      undo === undefined ? null : JSON.stringify(undo),
    ],
  );
}

async function putAside(connection: Connection, { table, ...key }: GenerationKey): Promise<void> {
  const older = sql`SELECT migration, generation FROM waybill.generations
    WHERE table_name = $1 AND state IN ('replaced', 'taken back') AND (migration, generation) <> ($2, $3)`;
  const values = [table, key.migration, key.generation];
  await connection.execute(
    sql`DELETE FROM waybill.loads WHERE table_name = $1 AND (migration, generation) IN (${older})`,
    values,
  );
  await connection.execute(
    sql`DELETE FROM waybill.generations WHERE table_name = $1 AND (migration, generation) IN (${older})`,
    values,
  );
  await connection.execute(
    sql`UPDATE waybill.generations SET state = 'replaced' WHERE table_name = $1 AND state = 'live'
        AND (migration, generation) <> ($2, $3)`,
    values,
  );
}

/**
 * Makes room for the lines of a generation that is loaded anew. An earlier load of the very same keeps its own, and
 * steps aside with them under a name that ends in `~` and its number: rows that it wrote may still be in the table, or
 * come back when the new one is taken back.
 */
export async function makeRoom(connection: Connection, key: GenerationKey): Promise<void> {
  const [earlier] = await connection.query<{ number: string }>(
    sql`SELECT number FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND generation = $3 AND state = 'live'`,
    valuesOf(key),
  );
  if (earlier === undefined) return await deleteLines(connection, key);
  const values = [...valuesOf(key), `${key.generation}~${earlier.number}`];
  for (const ledger of [sql`waybill.generations`, sql`waybill.loads`])
    await connection.execute(
      sql`UPDATE ${ledger} SET generation = $4 WHERE migration = $1 AND table_name = $2 AND generation = $3`,
      values,
    );
}

/** Whether what a generation loaded is in the table. */
export async function isLive(connection: Connection, key: GenerationKey): Promise<boolean> {
  const rows = await connection.query(
    sql`SELECT FROM waybill.generations WHERE migration = $1 AND table_name = $2 AND generation = $3 AND state = 'live'`,
    valuesOf(key),
  );
  return rows.length > 0;
}

async function deleteLines(connection: Connection, key: GenerationKey): Promise<void> {
  await connection.execute(
    sql`DELETE FROM waybill.loads WHERE migration = $1 AND table_name = $2 AND generation = $3`,
    valuesOf(key),
  );
}

const valuesOf = ({ migration, table, generation }: GenerationKey): readonly string[] => [migration, table, generation];
