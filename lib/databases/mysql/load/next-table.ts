import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import type { FoundTable } from "../catalog.js";
import { identifier, trusted } from "../identifiers.js";
import { laterIndexes, type TableItem } from "./create-table.js";
import { showCreate } from "./show-create.js";
import type { TargetConnection } from "./target-connection.js";

/** Two tables: one, and one that is or will be like it. */
export interface Pair {
  readonly live: FoundTable;
  readonly next: FoundTable;
}

/**
 * Makes a table like another one, empty, and without the indexes that can be built later: rows go in faster. Columns,
 * CHECKs, partitions and settings are there; foreign keys are not. Whatever bore its name is dropped.
 */
export async function createNextTable(connection: TargetConnection, { live, next }: Pair): Promise<void> {
  await connection.execute(sql`DROP TABLE IF EXISTS ${next.sql}`);
  await connection.execute(sql`CREATE TABLE ${next.sql} LIKE ${live.sql}`);
  const later = laterIndexes(await showCreate(connection, next));
  if (later.length === 0) return;
  const drops = later.map(({ name }) => sql`DROP INDEX ${identifier(name)}`);
  await connection.execute(sql`ALTER TABLE ${next.sql} ${join(drops, ", ")}`);
}

/** Builds the indexes that the live table has and the next one has not. Throws "integrity" where rows contradict one. */
export async function buildIndexes(connection: TargetConnection, { live, next }: Pair): Promise<void> {
  const there = new Set((await showCreate(connection, next)).items.map(({ name }) => name));
  const missing = (await showCreate(connection, live)).items.filter(
    ({ kind, name }) => kind === "index" && !there.has(name),
  );
  // InnoDB builds several at once by reading the rows once; but of indexes for words only one.
  const isPlain = ({ text }: TableItem): boolean => /^(UNIQUE )?KEY /.test(text);
  const plain = missing.filter(isPlain);
  const steps: readonly (readonly TableItem[])[] = [
    ...(plain.length === 0 ? [] : [plain]),
    ...missing.filter((item) => !isPlain(item)).map((item) => [item]),
  ];
  for (const items of steps) await connection.execute(sql`ALTER TABLE ${next.sql} ${join(items.map(adding), ", ")}`);
}

const adding = ({ text }: TableItem): Sql => sql`ADD ${trusted(text)}`;
