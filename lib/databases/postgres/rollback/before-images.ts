import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import { imageOwnColumns } from "../../kept-images.js";
import type { DatabaseColumn } from "../../port.js";
import { assertColumnsThere, assertImagesBack, togetherHint } from "../../rollback-faults.js";
import type { CameBack, Changes, Images } from "../../rollback-port.js";
import { describeTable, type FoundTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { copyPart } from "../copy-part.js";
import { identifier, identifiers, joined, sql } from "../identifiers.js";
import { fixedColumns } from "../load/merge-key.js";
import { rowsChecksum } from "../row-checksum.js";
import { copiedText, rowText } from "../row-text.js";
import { errorCode } from "../server-errors.js";
import { changedRows, keysOf } from "./changes.js";

/** Rows as they were before a load, in a temporary table of the target's types: `~change`, `~after`, then `~0`, `~1`, … */
export interface StagedImages {
  readonly found: FoundTable;
  readonly sql: Sql;
  readonly columns: readonly DatabaseColumn[];
  readonly key: readonly string[];
  /** Tells the tables of one transaction apart. */
  readonly index: number;
}

/** Brings the images into the target, to be compared and put back. Throws where the table has not their columns any more. */
export async function stageImages(
  connection: Connection,
  found: FoundTable,
  { images, key, index }: { readonly images: Images; readonly key: readonly string[]; readonly index: number },
): Promise<StagedImages> {
  const described = (await describeTable(connection, found.qualifiedName)).columns;
  const names = images.columns.slice(imageOwnColumns.length);
  const columns = names.flatMap((name) => described.filter((column) => column.name === name && !column.generated));
  const lost = [...names, ...key].filter((name) => !columns.some((column) => column.name === name));
  assertColumnsThere(found.qualifiedName, lost);
  const name = identifier(`waybill_images_${index}`);
  const placed = names.map((column, place) => sql`${identifier(column)} AS ${at(place)}`);
  await connection.execute(sql`CREATE TEMPORARY TABLE ${name} ON COMMIT DROP AS
    SELECT NULL::text AS "~change", NULL::text AS "~after", ${joined(placed)} FROM ${found.sql} WITH NO DATA`);
  const table = sql`pg_temp.${name}`;
  const goal = {
    sql: table,
    name: found.qualifiedName,
    columns: ["~change", "~after", ...names.map((_, place) => `~${place}`)],
  };
  await copyPart(connection, goal, {
    name: "the rows as they were",
    hash: "",
    rowCount: images.rowCount,
    open: () => images.open(),
  });
  return { found, sql: table, columns, key, index };
}

const at = (place: number): Sql => identifier(`~${place}`);

/** A row of the table and an image are the same one: of the aliases `there` and `image`. */
function sameRow({ columns, key }: StagedImages): Sql {
  const equal = key.map((name) => {
    const place = columns.findIndex((column) => column.name === name);
    return sql`there.${identifier(name)} = image.${at(place)}`;
  });
  return joined(equal, " AND ");
}

// As the load took it: over the columns of the images, in their order.
function md5Now({ columns }: StagedImages): Sql {
  const texts = columns.map((column) => sql`${copiedText(column)} AS ${identifier(column.name)}`);
  return sql`(SELECT md5(${rowText(columns, false)}) FROM (SELECT ${joined(texts)}) AS texts)`;
}

const paired = (staged: StagedImages): Sql =>
  sql`${staged.sql} AS image LEFT JOIN ${staged.found.sql} AS there ON ${sameRow(staged)}`;
const isChanged = (staged: StagedImages): Sql =>
  sql`there.tableoid IS NOT NULL AND ${md5Now(staged)} IS DISTINCT FROM image."~after"`;
const isDeleted = sql`there.tableoid IS NULL AND image."~after" IS NOT NULL`;

/** What others did since to the rows that the load inserted or updated. */
export async function changesOfImages(connection: Connection, staged: StagedImages): Promise<Changes> {
  const [row] = await connection.query<{ changed: string; deleted: string }>(
    sql`SELECT count(*) FILTER (WHERE ${isChanged(staged)}) AS changed, count(*) FILTER (WHERE ${isDeleted}) AS deleted
        FROM ${paired(staged)}`,
  );
  const written = Number(row?.changed);
  const from = sql`(SELECT there.* FROM ${paired(staged)} WHERE ${isChanged(staged)}) AS changed`;
  const keys = written === 0 ? [] : await keysOf(connection, from, { columns: staged.columns, naming: staged.key });
  return { written, gone: written + Number(row?.deleted), keys };
}

/** The columns of a file of changes, and the rows: `changed` as they are now, `deleted` with what named them. */
export function changedImages(connection: Connection, staged: StagedImages) {
  const { columns, key } = staged;
  const values = columns.map(({ name }, place) =>
    key.includes(name) ? sql`COALESCE(there.${identifier(name)}, image.${at(place)})` : sql`there.${identifier(name)}`,
  );
  const kind = sql`CASE WHEN there.tableoid IS NULL THEN 'deleted' ELSE 'changed' END`;
  return changedRows(
    connection,
    columns,
    sql`SELECT ${kind}, ${joined(values)} FROM ${paired(staged)} WHERE (${isChanged(staged)}) OR (${isDeleted})`,
  );
}

/**
 * Puts the images of several tables back: rows that were inserted go, those that were updated are again what they were,
 * in one statement, since foreign keys are checked at its end. Proves it by their checksum.
 */
export async function putImagesBack(
  connection: Connection,
  all: readonly StagedImages[],
): Promise<readonly CameBack[]> {
  const parts: Sql[] = [];
  for (const staged of all) parts.push(...(await statements(connection, staged)));
  if (all.length === 0) return [];
  const counts = all.flatMap(({ index }) =>
    ["gone", "back", "new"].map((what) => sql`(SELECT count(*) FROM ${part(what, index)}) AS ${part(what, index)}`),
  );
  const [row = {}] = await connection
    .query<Record<string, string>>(sql`WITH ${joined(parts)} SELECT ${joined(counts)}`)
    .catch((error: unknown) => {
      throw referred(error);
    });
  const outcomes: CameBack[] = [];
  for (const staged of all) {
    const restored = Number(row[`back_${staged.index}`]) + Number(row[`new_${staged.index}`]);
    outcomes.push({
      restored,
      removed: Number(row[`gone_${staged.index}`]),
      checksum: await proved(connection, staged),
    });
  }
  return outcomes;
}

const part = (what: string, index: number): Sql => identifier(`${what}_${index}`);

// Deletions first: a unique value may go from a row that was inserted back to one that had it before.
async function statements(connection: Connection, staged: StagedImages): Promise<readonly Sql[]> {
  const { found, columns, key, index } = staged;
  const { computed } = await fixedColumns(connection, found, key);
  const set = columns.flatMap(({ name }, place) =>
    computed.includes(name) ? [] : [sql`${identifier(name)} = image.${at(place)}`],
  );
  const isBack = sql`image."~change" = 'updated' AND (SELECT count(*) FROM ${part("gone", index)}) >= 0`;
  const values = joined(columns.map((_, place) => sql`image.${at(place)}`));
  return [
    sql`${part("gone", index)} AS (DELETE FROM ${found.sql} AS there USING ${staged.sql} AS image
      WHERE image."~change" = 'inserted' AND ${sameRow(staged)} RETURNING 1)`,
    set.length === 0
      ? sql`${part("back", index)} AS (SELECT WHERE false)`
      : sql`${part("back", index)} AS (UPDATE ${found.sql} AS there SET ${joined(set)} FROM ${staged.sql} AS image
      WHERE ${isBack} AND ${sameRow(staged)} RETURNING 1)`,
    sql`${part("new", index)} AS (INSERT INTO ${found.sql} (${identifiers(columns.map(({ name }) => name))})
      OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${paired(staged)} WHERE ${isBack} AND there.tableoid IS NULL RETURNING 1)`,
  ];
}

function referred(error: unknown): unknown {
  if (!(error instanceof StageError) || errorCode(error.cause) !== "23503") return error;
  return new StageError("difference", `${error.message}; nothing was taken back`, togetherHint, error);
}

async function proved(connection: Connection, staged: StagedImages) {
  const { found, columns } = staged;
  const named = columns.map(({ name }, place) => sql`image.${at(place)} AS ${identifier(name)}`);
  const kept = await rowsChecksum(
    connection,
    sql`(SELECT ${joined(named)} FROM ${staged.sql} AS image WHERE image."~change" = 'updated') AS kept`,
    columns,
  );
  const now = await rowsChecksum(
    connection,
    sql`(SELECT there.* FROM ${found.sql} AS there JOIN ${staged.sql} AS image ON ${sameRow(staged)}) AS now`,
    columns,
  );
  assertImagesBack(found.qualifiedName, now, kept);
  return kept;
}
