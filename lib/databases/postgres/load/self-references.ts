import type { Sql } from "../../../model/names.js";
import type { LostKeys, SelfReference, SelfReferring } from "../../lost-rows.js";
import type { Connection } from "../connection.js";
import { identifier, joined, sql } from "../identifiers.js";
import { keyOf, missingKeys } from "./lost-parents.js";

/**
 * The keys of parents that rows of the table refer to and that are not there, of each reference. The rows that refer to
 * them are taken out, then the rows that refer to these, until no row is left that has lost its parent.
 */
export async function takeOutOrphans(
  connection: Connection,
  { table, references }: SelfReferring,
): Promise<readonly LostKeys[]> {
  const lost = references.map(() => new Set<string>());
  const waiting: Set<string>[] = [];
  for (const reference of references) waiting.push(new Set(await firstLost(connection, table, reference)));
  for (let index = next(waiting); index !== -1; index = next(waiting)) {
    const keys = [...(waiting[index] ?? [])];
    for (const key of keys) lost[index]?.add(key);
    waiting[index]?.clear();
    const gone = await takeOut(connection, { table, references, columns: references[index]?.columns ?? [] }, keys);
    for (const [place, { parentColumns }] of references.entries()) {
      const missing = await missingKeys(connection, { table, columns: parentColumns }, gone[place] ?? []);
      for (const key of missing) if (lost[place]?.has(key) === false) waiting[place]?.add(key);
    }
  }
  return references.map((reference, index) => ({ ...reference, keys: lost[index] ?? new Set() }));
}

const next = (waiting: readonly ReadonlySet<string>[]): number => waiting.findIndex(({ size }) => size > 0);

async function firstLost(
  connection: Connection,
  table: Sql,
  { columns, parentColumns, demands }: SelfReference,
): Promise<readonly string[]> {
  if (demands !== "all") return await missingKeys(connection, { table, columns: parentColumns }, demands);
  const present = columns.map((name) => sql`c.${identifier(name)} IS NOT NULL`);
  const same = columns.map((name, index) => sql`p.${identifier(parentColumns[index] ?? "")} = c.${identifier(name)}`);
  const rows = await connection.query<{ key: string }>(sql`SELECT DISTINCT ${keyOf(columns)} AS key FROM ${table} AS c
    WHERE ${joined(present, " AND ")} AND NOT EXISTS (SELECT FROM ${table} AS p WHERE ${joined(same, " AND ")})`);
  return rows.map(({ key }) => key);
}

interface TakingOut extends SelfReferring {
  readonly columns: readonly string[];
}

/** Takes out the rows that refer to these keys: the keys of those rows, for each reference. */
async function takeOut(
  connection: Connection,
  { table, references, columns }: TakingOut,
  keys: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const own = joined(references.map(({ parentColumns }) => keyOf(parentColumns)));
  const rows = await connection.query<{ keys: string }>(
    sql`DELETE FROM ${table} WHERE ${keyOf(columns)} IN (SELECT value FROM json_array_elements_text($1::json))
        RETURNING json_build_array(${own})::text AS keys`,
    [JSON.stringify(keys)],
  );
  const found = rows.map((row) => JSON.parse(row.keys) as readonly string[]);
  return references.map((_, index) => found.map((one) => one[index] ?? ""));
}
