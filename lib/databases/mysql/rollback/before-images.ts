import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { imageOwnColumns } from "../../kept-images.js";
import type { KeptColumn } from "../../kept-port.js";
import type { DatabaseColumn } from "../../port.js";
import { assertColumnsThere, assertImagesBack } from "../../rollback-faults.js";
import type { CameBack, ChangedRows, Changes, Images } from "../../rollback-port.js";
import { columnsOf, type FoundTable } from "../catalog.js";
import { fileText, sortable } from "../column-text.js";
import { rowDigest } from "../extract-sql.js";
import { identifier, identifiers, trusted } from "../identifiers.js";
import { numberOf } from "../load/generations.js";
import { loadPart } from "../load/load-part.js";
import { createSessionTable } from "../load/own-tables.js";
import type { TargetConnection } from "../load/target-connection.js";
import { rowsChecksum } from "../row-checksum.js";
import { rowDigestOf } from "../row-digest.js";

/** Rows as they were before a load, in a temporary table of the target's types: `~change`, `~after`, then `~0`, `~1`, … */
export interface StagedImages {
  readonly found: FoundTable;
  readonly sql: Sql;
  readonly columns: readonly DatabaseColumn[];
  readonly key: readonly DatabaseColumn[];
  /** What `~after` is compared with. */
  readonly digest: Sql;
}

/**
 * Brings the images into the target, to be compared and put back; before the transaction, so that this sees what is there
 * once the rows are locked. Throws where the table has not their columns any more.
 */
export async function stageImages(
  connection: TargetConnection,
  found: FoundTable,
  { images, key, index }: { readonly images: Images; readonly key: readonly string[]; readonly index: number },
): Promise<StagedImages> {
  const described = (await columnsOf(connection, found.place)).filter(({ generated }) => !generated);
  const names = images.columns.slice(imageOwnColumns.length);
  const named = (wanted: readonly string[]) =>
    wanted.flatMap((name) => described.filter((column) => column.name === name));
  const columns = named(names);
  assertColumnsThere(
    found.qualifiedName,
    [...names, ...key].filter((name) => !columns.some((column) => column.name === name)),
  );
  const table = identifier(`waybill_images_${index}`);
  const placed = columns.map(({ name }, place) => sql`there.${identifier(name)} AS ${at(place)}`);
  // Of the far side of a join any column may be NULL, as those of a new row are.
  const select = sql`SELECT cast(NULL AS char(10)) AS \`~change\`, cast(NULL AS char(32)) AS \`~after\`, ${join(placed, ", ")}
    FROM (SELECT 1 AS one) AS one LEFT JOIN ${found.sql} AS there ON false`;
  await createSessionTable(connection, table, { select });
  const own = ["~change", "~after"].map((name) => ({ ...ownColumn, name }));
  const goal = { sql: table, name: found.qualifiedName, columns: [...own, ...columns.map(nullable)] };
  const { rowCount } = images;
  await connection.transaction(() =>
    loadPart(connection, goal, { name: "the rows as they were", hash: "", rowCount, open: () => images.open() }),
  );
  const digest = rowDigest(columns, await rowDigestOf(connection));
  return { found, sql: table, columns, key: named(key), digest };
}

const ownColumn: DatabaseColumn = {
  name: "",
  databaseType: "varchar(32)",
  type: "string",
  nullable: true,
  sortsByBytes: false,
  characterSet: "utf8mb4",
  generated: false,
  identity: false,
  hasDefault: false,
};

const at = (place: number): Sql => identifier(`~${place}`);
const nullable = (column: DatabaseColumn, place: number): DatabaseColumn => {
  return { ...column, name: `~${place}`, nullable: true };
};

const placeOf = ({ columns }: StagedImages, name: string): Sql =>
  sql`image.${at(columns.findIndex((column) => column.name === name))}`;

/** A row of the table (`source`) and an image are the same one. */
function sameRow(staged: StagedImages): Sql {
  const equal = staged.key.map(({ name }) => sql`source.${identifier(name)} = ${placeOf(staged, name)}`);
  return join(equal, " AND ");
}

const isThere = ({ key: [first] }: StagedImages): Sql =>
  first === undefined ? sql`false` : sql`source.${identifier(first.name)} IS NOT NULL`;
const paired = (staged: StagedImages): Sql =>
  sql`${staged.sql} AS image LEFT JOIN ${staged.found.sql} AS source ON ${sameRow(staged)}`;
const isChanged = (staged: StagedImages): Sql =>
  sql`(${isThere(staged)} AND NOT (${staged.digest} <=> image.\`~after\`))`;
const isDeleted = (staged: StagedImages): Sql => sql`(NOT (${isThere(staged)}) AND image.\`~after\` IS NOT NULL)`;

/** Locks the rows that the load touched, and the gaps where some of them are no more. */
export async function lockImages(connection: TargetConnection, staged: StagedImages): Promise<void> {
  await connection.query(sql`SELECT count(*) FROM ${paired(staged)} FOR UPDATE`);
}

const shownKeys = 5;

/** What others did since to the rows that the load inserted or updated. */
export async function changesOfImages(connection: TargetConnection, staged: StagedImages): Promise<Changes> {
  const [[changed, deleted] = []] = await connection.query(
    sql`SELECT coalesce(sum(${isChanged(staged)}), 0), coalesce(sum(${isDeleted(staged)}), 0) FROM ${paired(staged)}`,
  );
  const written = Number(changed);
  const keys = written === 0 ? [] : await changedKeys(connection, staged);
  return { written, gone: written + Number(deleted), keys };
}

async function changedKeys(connection: TargetConnection, staged: StagedImages): Promise<readonly string[]> {
  const texts = staged.key.map((column) => fileText(column));
  const order = staged.key.map((column) => sortable(column));
  const rows = await connection.query(sql`SELECT ${join(texts, ", ")} FROM ${paired(staged)} WHERE ${isChanged(staged)}
    ORDER BY ${join(order, ", ")} LIMIT ${trusted(String(shownKeys))}`);
  return rows.map((row) => (row.length === 1 ? (row[0] ?? "") : JSON.stringify(row)));
}

/** The columns of a file of changes, and the rows: `changed` as they are now, `deleted` with what named them. */
export function changedImages(connection: TargetConnection, staged: StagedImages): ChangedRows {
  const { columns, key, found } = staged;
  const values = columns.map((column) => {
    const now = fileText(column);
    if (!key.includes(column)) return now;
    return sql`coalesce(concat(${now}), concat(${fileText(column, placeOf(staged, column.name))}))`;
  });
  const kept: readonly KeptColumn[] = [{ name: "_change", type: "string" }, ...columns];
  const { rows } = connection.copyTo(
    sql`SELECT if(${isThere(staged)}, 'changed', 'deleted'), ${join(values, ", ")} FROM ${paired(staged)}
      WHERE ${isChanged(staged)} OR ${isDeleted(staged)}`,
    { extract: found.qualifiedName, columns: kept.map(({ name }) => name) },
  );
  return { columns: kept, rows };
}

/**
 * Puts the images of a table back: all rows that the load touched go, and those that were there before come again, so that
 * unique values which they exchanged are never there twice. Proves it by their checksum.
 */
export async function putImagesBack(connection: TargetConnection, staged: StagedImages): Promise<CameBack> {
  const { found, columns } = staged;
  const wasThere = sql`image.\`~change\` = 'updated'`;
  const removed = await numberOf(
    connection,
    sql`SELECT count(*) FROM ${paired(staged)} WHERE NOT (${wasThere}) AND ${isThere(staged)}`,
  );
  await connection.execute(
    sql`DELETE source FROM ${staged.sql} AS image STRAIGHT_JOIN ${found.sql} AS source ON ${sameRow(staged)}`,
  );
  const values = columns.map((_, place) => sql`image.${at(place)}`);
  const { rowCount: restored } = await connection.execute(
    sql`INSERT INTO ${found.sql} (${identifiers(columns.map(({ name }) => name))})
      SELECT ${join(values, ", ")} FROM ${staged.sql} AS image WHERE ${wasThere}`,
  );
  const named = columns.map(({ name }, place) => sql`image.${at(place)} AS ${identifier(name)}`);
  const images = sql`(SELECT ${join(named, ", ")} FROM ${staged.sql} AS image WHERE ${wasThere}) AS source`;
  const checksum = await rowsChecksum(connection, images, columns);
  assertImagesBack(found.qualifiedName, await rowsChecksum(connection, touchedRows(staged), columns), checksum);
  return { restored, removed, checksum };
}

/** The rows of the table that the load touched, under `source`: what stands after FROM. */
export function touchedRows(staged: StagedImages): Sql {
  return sql`${staged.sql} AS image STRAIGHT_JOIN ${staged.found.sql} AS source ON ${sameRow(staged)}`;
}
