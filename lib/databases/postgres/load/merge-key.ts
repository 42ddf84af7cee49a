import type { Sql } from "../../../model/names.js";
import { assertKeyOf, type FoundKeys, keylessRows, keysThere, type MergeKey, repeatedKeys } from "../../merge-key.js";
import type { FoundTable } from "../catalog.js";
import type { Connection, Value } from "../connection.js";
import { identifier, identifiers, joined, literal, sql, trusted } from "../identifiers.js";

/** Two rows are the same one: of the aliases `there` and `arriving`. */
export const sameKey = (key: readonly string[]): Sql =>
  joined(
    key.map((name) => sql`there.${identifier(name)} = arriving.${identifier(name)}`),
    " AND ",
  );

/** Throws "specification" unless the key arrives and the target keeps it unique, as INSERT … ON CONFLICT needs. */
export async function assertMergeKey(connection: Connection, found: FoundTable, merge: MergeKey): Promise<void> {
  const { key } = merge;
  const words = {
    kinds: "a primary key, unique constraint or unique index on exactly that, neither deferrable nor partial",
    create: `CREATE UNIQUE INDEX ON ${found.sql} (${identifiers(key)})`,
  };
  const { qualifiedName } = found;
  await assertKeyOf({ qualifiedName, isKeptUnique: () => isKeptUnique(connection, found, key), words }, merge);
}

async function isKeptUnique(connection: Connection, { oid }: FoundTable, key: readonly string[]): Promise<boolean> {
  const [row] = await connection.query<{ kept: string }>(sql`
    SELECT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = ${trusted(oid)} AND i.indisunique AND i.indisvalid
      AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
      AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C")
        FROM unnest(i.indkey) WITH ORDINALITY AS k(number, position)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number WHERE k.position <= i.indnkeyatts)
      = (SELECT array_agg(name ORDER BY name COLLATE "C") FROM unnest(ARRAY[${joined(key.map(literal))}]::text[]) AS name)) AS kept`);
  return row?.kept === "t";
}

// For all other types (numeric, citext, floats, domains) values may be equal and yet not the same text.
const exactTypes = sql`'bool int2 int4 int8 oid uuid date time timestamp timestamptz bytea text varchar'`;

/** Columns that an upsert leaves as they are: of the key, what is the same as soon as it is equal; `computed`: what cannot be set. */
export async function fixedColumns(connection: Connection, { oid }: FoundTable, key: readonly string[]) {
  const rows = await connection.query<{ name: string; computed: string; exact: string }>(sql`
    SELECT a.attname AS name, a.attidentity = 'a' AS computed, t.typname = ANY (string_to_array(${exactTypes}, ' '))
      AND COALESCE((SELECT (to_jsonb(c) ->> 'collisdeterministic')::boolean FROM pg_collation c WHERE c.oid = a.attcollation), true) AS exact
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = ${trusted(oid)} AND a.attnum > 0 AND NOT a.attisdropped`);
  const named = (is: (row: { name: string; computed: string; exact: string }) => boolean) =>
    rows.filter(is).map(({ name }) => name);
  return {
    exactKey: named(({ name, exact }) => exact === "t" && key.includes(name)),
    computed: named(({ computed }) => computed === "t"),
  };
}

/** Throws "integrity" where rows that arrive (`arriving`, as a fragment of FROM) have no key, or share one. */
export async function assertTellable(connection: Connection, arriving: Sql, merge: MergeKey): Promise<void> {
  const { key } = merge;
  const isNull = joined(
    key.map((name) => sql`${identifier(name)} IS NULL`),
    " OR ",
  );
  const [counts] = await connection.query<{ keyless: string }>(
    sql`SELECT count(*) AS keyless FROM ${arriving} WHERE ${isNull}`,
  );
  if (counts?.keyless !== "0") throw keylessRows(merge, Number(counts?.keyless));
  const list = identifiers(key);
  const repeated = sql`SELECT ${list}, count(*) AS "~rows" FROM ${arriving} GROUP BY ${list} HAVING count(*) > 1`;
  const found = await firstOf(connection, repeated, merge);
  if (found !== undefined) throw repeatedKeys(merge, found);
}

/** Throws "integrity" where rows that arrive are in the table already. */
export async function assertNew(
  connection: Connection,
  { found, arriving, merge }: { readonly found: FoundTable; readonly arriving: Sql; readonly merge: MergeKey },
): Promise<void> {
  const { key } = merge;
  const list = joined(key.map((name) => sql`arriving.${identifier(name)}`));
  const there = sql`SELECT ${list} FROM ${arriving} JOIN ${found.sql} AS there ON ${sameKey(key)}`;
  const present = await firstOf(connection, there, merge);
  if (present !== undefined) throw keysThere(merge, found.qualifiedName, present);
}

/** How many rows a query gives, and the first of their keys; undefined where it gives none. */
async function firstOf(connection: Connection, select: Sql, { key }: MergeKey): Promise<FoundKeys | undefined> {
  const count = await connection.query<{ count: string }>(sql`SELECT count(*) AS count FROM (${select}) AS found`);
  if (count[0]?.count === "0") return undefined;
  const texts = joined(key.map((name, index) => sql`${identifier(name)}::text AS ${identifier(`k${index}`)}`));
  const [row = {}] = await connection.query<Record<string, Value>>(
    sql`SELECT ${texts} FROM (${select}) AS found ORDER BY ${joined(key.map((name) => sql`found.${identifier(name)}`))} LIMIT 1`,
  );
  return { count: Number(count[0]?.count), first: key.map((_, index) => row[`k${index}`] ?? null) };
}
