// What holds of children whose parent is put aside:
// 1. A parent counts as lost only when the target holds no row of its key: of two rows of one key the other may be there.
// 2. Values are compared as the texts that stand in the parts, as transform compares them.
import { decodeRow } from "../../../model/csv-dialect.js";
import type { Sql } from "../../../model/names.js";
import { recordBatches } from "../../../model/record-batches.js";
import { recordEnds } from "../../../model/record-scanner.js";
import type { LostParents, ParentReference } from "../../rejects-port.js";
import type { PartToLoad } from "../../target-port.js";
import { findTable } from "../catalog.js";
import type { Connection } from "../connection.js";
import { identifier, joined, sql } from "../identifiers.js";

type Values = readonly (string | null)[];

/** Columns that refer to a parent, and the keys of those parents that are lost. */
export interface LostKeys extends ParentReference {
  readonly keys: ReadonlySet<string>;
}

/** A row that refers to a lost parent of its own table. */
export interface LostRow {
  readonly part: string;
  readonly row: number;
  readonly record: string;
  readonly why: string;
}

/** Several values as one text, the same as `keyOf` makes of columns in SQL. */
export function keyText(values: Values): string {
  return `[${values.map((value) => JSON.stringify(value)).join(", ")}]`;
}

/** The values of columns as one text. */
export function keyOf(columns: readonly string[]): Sql {
  return sql`json_build_array(${joined(columns.map((name) => sql`${identifier(name)}::text`))})::text`;
}

/** Leaves out parents that the target holds all the same, and references of which none is lost. */
export async function lostKeys(connection: Connection, parents: readonly LostParents[]): Promise<readonly LostKeys[]> {
  const lost: LostKeys[] = [];
  for (const { values, ...reference } of parents) {
    const { sql: table } = await findTable(connection, reference.parent);
    const keys = await missingKeys(connection, { table, columns: reference.parentColumns }, values.map(keyText));
    if (keys.length > 0) lost.push({ ...reference, keys: new Set(keys) });
  }
  return lost;
}

/** Which of these keys no row of a table has. */
export async function missingKeys(
  connection: Connection,
  { table, columns }: { readonly table: Sql; readonly columns: readonly string[] },
  keys: readonly string[],
): Promise<readonly string[]> {
  if (keys.length === 0) return [];
  const rows = await connection.query<{ key: string }>(
    sql`WITH asked (key) AS (SELECT DISTINCT value FROM json_array_elements_text($1::json))
        SELECT key FROM asked EXCEPT SELECT there.key FROM (SELECT ${keyOf(columns)} AS key FROM ${table}) AS there`,
    [JSON.stringify(keys)],
  );
  return rows.map(({ key }) => key);
}

/** Why a row of these columns cannot be taken for its parents' sake; undefined: it can be. */
export function lostParentIn(
  columns: readonly string[],
  lost: readonly LostKeys[],
): (row: Values) => string | undefined {
  const readers = lost.map((one) => ({ ...one, places: one.columns.map((name) => columns.indexOf(name)) }));
  return (row) => {
    for (const { places, keys, parent } of readers) {
      const values = places.map((place) => row[place] ?? null);
      if (keys.has(keyText(values))) return `its parent ${parent} ${values.join(", ")} is quarantined`;
    }
    return undefined;
  };
}

/** The rows of parts that refer to a lost parent, one after another. */
export async function* rowsOfLostParents(
  parts: readonly PartToLoad[],
  columns: readonly string[],
  lost: readonly LostKeys[],
): AsyncGenerator<LostRow> {
  const lostParent = lostParentIn(columns, lost);
  for (const part of parts) {
    for await (const { csv, firstRow } of recordBatches(await part.open())) {
      let start = 0;
      for (const [index, end] of recordEnds(csv).entries()) {
        const record = csv.toString("utf8", start, end);
        const why = lostParent(decodeRow(record));
        if (why !== undefined) yield { part: part.name, row: firstRow + index + 1, record, why };
        start = end;
      }
    }
  }
}
