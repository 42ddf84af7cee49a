import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { assertKeyOf, type FoundKeys, keylessRows, keysThere, type MergeKey, repeatedKeys } from "../../merge-key.js";
import { columnsOf, type FoundTable } from "../catalog.js";
import { fileText } from "../column-text.js";
import type { Connection } from "../connection.js";
import { identifier, identifiers } from "../identifiers.js";
import { numberOf } from "./generations.js";

/** Two rows are the same one: of the aliases `there` and `arriving`, as the unique index tells rows apart. */
export const sameKey = (key: readonly string[]): Sql =>
  join(
    key.map((name) => sql`there.${identifier(name)} = arriving.${identifier(name)}`),
    " AND ",
  );

/** Throws "specification" unless the key arrives and the target keeps it unique. */
export async function assertMergeKey(connection: Connection, found: FoundTable, merge: MergeKey): Promise<void> {
  const { key } = merge;
  const words = {
    kinds: "a primary key or unique index on exactly that, of whole columns",
    create: `ALTER TABLE ${found.sql} ADD UNIQUE INDEX (${identifiers(key)})`,
  };
  const { qualifiedName } = found;
  await assertKeyOf({ qualifiedName, isKeptUnique: () => isKeptUnique(connection, found, key), words }, merge);
}

// Of the beginnings of texts, or of expressions, an index says nothing of the whole.
async function isKeptUnique(connection: Connection, { place }: FoundTable, key: readonly string[]): Promise<boolean> {
  const rows = await connection.query(sql`SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
    WHERE ${place} AND NON_UNIQUE = 0 AND INDEX_TYPE = 'BTREE'`);
  const names = new Set(rows.map(([name]) => name));
  return [...names].some((name) => {
    const own = rows.filter(([one]) => one === name);
    const isWhole = own.every(([, column, part]) => part === null && key.includes(column ?? ""));
    return isWhole && own.length === key.length;
  });
}

/** Rows that arrived, as a fragment of FROM. */
export interface Arriving {
  readonly found: FoundTable;
  readonly from: Sql;
  readonly merge: MergeKey;
}

/** Throws "integrity" where rows that arrive have no key, or share one. */
export async function assertTellable(connection: Connection, arriving: Arriving): Promise<void> {
  const { from, merge } = arriving;
  const isNull = join(
    merge.key.map((name) => sql`${identifier(name)} IS NULL`),
    " OR ",
  );
  const keyless = await numberOf(connection, sql`SELECT count(*) FROM ${from} WHERE ${isNull}`);
  if (keyless > 0) throw keylessRows(merge, keyless);
  const list = identifiers(merge.key);
  const repeated = sql`SELECT ${list} FROM ${from} GROUP BY ${list} HAVING count(*) > 1`;
  const found = await firstOf(connection, arriving, repeated);
  if (found !== undefined) throw repeatedKeys(merge, found);
}

/** Throws "integrity" where rows that arrive are in the table already. */
export async function assertNew(connection: Connection, arriving: Arriving): Promise<void> {
  const { found, from, merge } = arriving;
  const list = merge.key.map((name) => sql`arriving.${identifier(name)}`);
  const there = sql`SELECT ${join(list, ", ")} FROM ${from} AS arriving JOIN ${found.sql} AS there ON ${sameKey(merge.key)}`;
  const present = await firstOf(connection, arriving, there);
  if (present !== undefined) throw keysThere(merge, found.qualifiedName, present);
}

/** How many rows a query gives, and the first of their keys; undefined where it gives none. */
async function firstOf(
  connection: Connection,
  { found, merge: { key } }: Arriving,
  select: Sql,
): Promise<FoundKeys | undefined> {
  const count = await numberOf(connection, sql`SELECT count(*) FROM (${select}) AS source`);
  if (count === 0) return undefined;
  const known = await columnsOf(connection, found.place);
  const columns = key.flatMap((name) => known.filter((column) => column.name === name));
  const texts = columns.map((column) => fileText(column));
  const [first = []] = await connection.query(
    sql`SELECT ${join(texts, ", ")} FROM (${select}) AS source ORDER BY ${identifiers(key)} LIMIT 1`,
  );
  return { count, first };
}
