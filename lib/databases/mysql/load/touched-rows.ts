import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { keptImages } from "../../kept-images.js";
import type { KeepRows, Undo } from "../../kept-port.js";
import type { DatabaseColumn } from "../../port.js";
import type { FoundTable } from "../catalog.js";
import { byBytes, fileText, sortable } from "../column-text.js";
import { isFloatingPoint, kindOf } from "../column-types.js";
import { rowDigest } from "../extract-sql.js";
import { identifier, trusted } from "../identifiers.js";
import { rowDigestOf } from "../row-digest.js";
import { sameKey } from "./merge-key.js";
import { createSessionTable } from "./own-tables.js";
import type { TargetConnection } from "./target-connection.js";

/** Rows that an upsert is to change, as they are before it does: a temporary table of the session. */
export interface TouchedRows {
  readonly found: FoundTable;
  /** The table's columns that can be written, in its order. Those of the temporary table are `~0`, `~1`, … */
  readonly columns: readonly DatabaseColumn[];
  /** The columns that name a row; in the temporary table as they arrived, `~key0`, `~key1`, … */
  readonly key: readonly DatabaseColumn[];
  readonly sql: Sql;
  readonly inserted: number;
  readonly updated: number;
}

/** What is merged, and where to. */
export interface Touching extends Pick<TouchedRows, "found" | "columns" | "key"> {
  /** What arrived, as a fragment of FROM. */
  readonly from: Sql;
  /** Columns in which rows of the same key may differ. */
  readonly compared: readonly DatabaseColumn[];
  /** Tells the tables of one transaction apart. */
  readonly index: number;
}

/**
 * Finds the rows that are new, and those that differ, and locks them and the gaps where new ones go until the transaction
 * ends: other rows stay free. In the session's own table, since no statement of MySQL changes rows and shows them.
 */
export async function findTouched(connection: TargetConnection, touching: Touching): Promise<TouchedRows> {
  const { found, columns, key, from, compared, index } = touching;
  const name = identifier(`waybill_touched_${index}`);
  const [first] = key;
  const isNew = first === undefined ? sql`true` : sql`there.${identifier(first.name)} IS NULL`;
  const differs = compared.map((column) => differ(column, sql`arriving`, sql`there`));
  const selected = [
    sql`${isNew} AS \`~inserted\``,
    ...key.map((column, place) => sql`arriving.${identifier(column.name)} AS ${placedKey(place)}`),
    ...columns.map((column, place) => sql`there.${identifier(column.name)} AS ${placed(place)}`),
  ];
  const select = sql`SELECT ${join(selected, ", ")}
    FROM ${from} AS arriving LEFT JOIN ${found.sql} AS there ON ${sameKey(key.map((column) => column.name))}`;
  const uniqueKey = sql`UNIQUE KEY (${placedNames(key, placedKey)})`;
  // In two steps: MySQL locks no rows in the statement that makes a table.
  await createSessionTable(connection, name, { select, keys: [uniqueKey] });
  const into = sql`\`~inserted\`, ${placedNames(key, placedKey)}, ${placedNames(columns, placed)}`;
  await connection.execute(
    sql`INSERT INTO ${name} (${into}) ${select} WHERE ${join([isNew, ...differs], " OR ")} FOR UPDATE`,
  );
  const [[inserted, all] = []] = await connection.query(
    sql`SELECT coalesce(sum(\`~inserted\`), 0), count(*) FROM ${name}`,
  );
  const count = Number(inserted);
  return { found, columns, key, sql: name, inserted: count, updated: Number(all) - count };
}

const placed = (place: number): Sql => identifier(`~${place}`);
const placedKey = (place: number): Sql => identifier(`~key${place}`);
const placedNames = (columns: readonly DatabaseColumn[], name: (place: number) => Sql): Sql =>
  join(
    columns.map((_, place) => name(place)),
    ", ",
  );

// As they are stored: by the column's own comparison A is a, a blank at the end is none, and 0 is -0.
function differ(column: DatabaseColumn, left: Sql, right: Sql): Sql {
  const name = identifier(column.name);
  const [a, b] = [sql`${left}.${name}`, sql`${right}.${name}`];
  const kind = kindOf(column);
  if (isFloatingPoint(column)) return sql`NOT (${a} <=> ${b} AND concat(${a}) <=> concat(${b}))`;
  if (kind === "characters" || kind === "text") return sql`NOT (${byBytes(a)} <=> ${byBytes(b)})`;
  return kind === "geometry" ? sql`NOT (hex(${a}) <=> hex(${b}))` : sql`NOT (${a} <=> ${b})`;
}

/** Rows of another alias and the touched rows, under `touched`, have the same key: a condition. */
export function isTouched({ key }: Pick<TouchedRows, "key">, alias: Sql): Sql {
  const same = key.map((column, place) => sql`touched.${placedKey(place)} = ${alias}.${identifier(column.name)}`);
  return join(same, " AND ");
}

/**
 * Keeps the touched rows as they were, with a digest of what has become of each (as extracts give it, over the same
 * columns), so that they can be brought back and nobody's later change is lost. Call it after the last statement that
 * changes them.
 */
export async function keepImages(connection: TargetConnection, touched: TouchedRows, keep: KeepRows): Promise<Undo> {
  const { found, columns, key, inserted, updated } = touched;
  const [first] = key;
  const digest = rowDigest(columns, await rowDigestOf(connection));
  const isGone = first === undefined ? sql`true` : sql`source.${identifier(first.name)} IS NULL`;
  const images = columns.map((column, place) => {
    const before = fileText(column, sql`touched.${placed(place)}`);
    const at = key.findIndex(({ name }) => name === column.name);
    // Of a new row nothing was there but what names it.
    if (at < 0) return before;
    return sql`if(touched.\`~inserted\`, concat(${fileText(column, sql`touched.${placedKey(at)}`)}), concat(${before}))`;
  });
  const order = key.map((column, place) => sortable(column, sql`touched.${placedKey(place)}`));
  const { rows, serverRowCount } = connection.copyTo(
    sql`SELECT if(touched.\`~inserted\`, 'inserted', 'updated'), if(${isGone}, NULL, ${digest}), ${join(images, ", ")}
      FROM ${touched.sql} AS touched LEFT JOIN ${found.sql} AS source ON ${isTouched(touched, trusted("source"))}
      ORDER BY ${join(order, ", ")}`,
    { extract: found.qualifiedName, columns: ["_change", "_after", ...columns.map(({ name }) => name)] },
  );
  const undo = await keptImages(
    { qualifiedName: found.qualifiedName, columns, rowCount: inserted + updated, keep },
    rows,
  );
  await serverRowCount();
  return undo;
}
