// What holds of replacing a table in place:
// 1. Emptying, loading and the ledger's lines are one transaction: a crash anywhere leaves the rows that were there.
// 2. Rows that the ledger does not account for are never removed unless the caller confirmed it.
// 3. Nothing commits unless the server counted, part by part, what the manifest promised.
// 4. The rows that were there are kept beside the table, in the same transaction. The table for them is made before it,
//    since DDL commits; under a name that no ledger's line has yet.
// 5. Foreign keys of other tables are not looked at row by row, but proved before the commit.
import { sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { DatabaseColumn } from "../../port.js";
import type { LoadOutcome, LoadRequest } from "../../target-port.js";
import { columnsOf, type FoundTable, findTable } from "../catalog.js";
import { identifiers } from "../identifiers.js";
import { countOrphans, keysOfOthers, uncheckedForeignKeys } from "./foreign-keys.js";
import { type GenerationKey, makeRoom, nextNumber, settleGeneration, writeLine } from "./generations.js";
import { previousTable } from "./kept-tables.js";
import { type FormerRows, sumOfRows, withSums } from "./known-rows.js";
import { loadPart } from "./load-part.js";
import { createNextTable } from "./next-table.js";
import { assertLoadable, assertOurs, countRows } from "./obstacles.js";
import { forgetOpen } from "./open-generation.js";
import { assertOwnKeysHold } from "./own-keys.js";
import { dropForgotten } from "./previous-rows.js";
import type { TargetConnection } from "./target-connection.js";
import { triggerWarnings } from "./triggers.js";

/** Exchanges all rows of a table for those of the parts, or changes nothing. Its own foreign keys stand aside. */
export async function replaceInPlace(connection: TargetConnection, request: LoadRequest): Promise<LoadOutcome> {
  const table = await findTable(connection, request.table);
  await assertLoadable(connection, table, request.columns);
  await forgetOpen(connection, table);
  const kept = await placeForRows(connection, table);
  const key = { migration: request.migration, table: table.qualifiedName, generation: request.generation };
  const columns = await columnsOf(connection, table.place);
  const outcome = await uncheckedForeignKeys(connection, () =>
    connection.transaction(() => exchange(connection, { request, table, kept, key, columns })),
  );
  await dropForgotten(connection, table);
  return outcome;
}

// An empty table leaves nothing to be kept, and making another one takes longer than many a load.
async function placeForRows(connection: TargetConnection, table: FoundTable): Promise<FoundTable | undefined> {
  if ((await countRows(connection, table)) === 0) return undefined;
  const kept = previousTable(table, await nextNumber(connection, table.qualifiedName));
  await createNextTable(connection, { live: table, next: kept });
  return kept;
}

interface Exchange {
  readonly request: LoadRequest;
  readonly table: FoundTable;
  /** Where its rows are kept; undefined while it had none. */
  readonly kept: FoundTable | undefined;
  readonly key: GenerationKey;
  /** All that the table has. */
  readonly columns: readonly DatabaseColumn[];
}

async function exchange(connection: TargetConnection, whole: Exchange): Promise<LoadOutcome> {
  const { request, table, key, kept } = whole;
  const former = await keepPrevious(connection, whole);
  // Reads what was just locked: nobody has written between the two.
  const before = await assertOurs(connection, table, request);
  if (before !== (former.kind === "empty" ? 0 : former.rows)) throw writtenMeanwhile(table);
  await connection.execute(sql`DELETE FROM ${table.sql}`);
  await makeRoom(connection, key);
  await fill(connection, whole);
  await assertOwnKeysHold(connection, { live: table, rows: table, request });
  await assertKeysOfOthersHold(connection, table);
  const inserted = request.parts.reduce((sum, part) => sum + part.rowCount, 0);
  const quarantined = request.rejects.aside?.rowCount ?? 0;
  const counts = { before, inserted, updated: 0, unchanged: 0, quarantined, after: inserted };
  const undo = await withSums(connection, former, { kept, loadedSum: await sumOfRows(connection, table) });
  await settleGeneration(connection, key, { mode: "replace", way: "in place", counts, undo });
  await request.beforeCommit();
  return { way: "in place", counts, warnings: await triggerWarnings(connection, table) };
}

// Locks every row and the gaps between them until the transaction ends.
async function keepPrevious(connection: TargetConnection, { table, kept, columns }: Exchange): Promise<FormerRows> {
  if (kept === undefined) {
    await connection.query(sql`SELECT 1 FROM ${table.sql} LIMIT 1 FOR UPDATE`);
    return { kind: "empty" };
  }
  const names = identifiers(columns.flatMap(({ name, generated }) => (generated ? [] : [name])));
  const { rowCount: rows } = await connection.execute(
    sql`INSERT INTO ${kept.sql} (${names}) SELECT ${names} FROM ${table.sql} FOR UPDATE`,
  );
  return rows === 0 ? { kind: "empty" } : { kind: "previous table", table: kept.qualifiedName, rows };
}

function writtenMeanwhile({ qualifiedName }: FoundTable): StageError {
  return new StageError(
    "temporary",
    `${qualifiedName}: somebody wrote to it when its rows were to be exchanged`,
    "stop whoever writes to it, then run the same command again",
  );
}

async function fill(connection: TargetConnection, { request, table, key, ...whole }: Exchange): Promise<void> {
  const columns = request.columns.flatMap((name) => whole.columns.filter((column) => column.name === name));
  const { generation } = request;
  for (const part of request.parts) {
    await loadPart(connection, { sql: table.sql, name: request.table, columns }, part);
    await writeLine(connection, key, { generation, part: part.name, hash: part.hash, rowCount: part.rowCount });
  }
}

async function assertKeysOfOthersHold(connection: TargetConnection, table: FoundTable): Promise<void> {
  for (const another of await keysOfOthers(connection, table)) {
    const orphans = await countOrphans(connection, another);
    if (orphans === 0) continue;
    throw new StageError(
      "integrity",
      `${table.qualifiedName}: ${orphans} rows of ${another.child.qualifiedName} would refer to no row any more (foreign key ${another.key.name}); nothing was changed`,
      "load that table as well, or correct the mapping",
    );
  }
}
