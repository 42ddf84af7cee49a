import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import type { FoundTable } from "./catalog.js";
import type { Connection } from "./connection.js";
import { identifier, sql, trusted } from "./identifiers.js";

/** A column that is compared, and the way its type does it. */
export interface ComparedColumn {
  readonly name: string;
  /** The database's own spelling, with length and scale; of a domain its base type's. */
  readonly databaseType: string;
  /** "value": by the type's equality; "text": by the characters, never a collation; "as text": by the output's characters. */
  readonly by: "value" | "text" | "as text";
}

// Types with an equality that means the same value. Without interval, for which a month is 30 days, and citext; without
// json, xml, point and whatever else has none: all of these are compared by what they print.
const valueTypes = new Set(
  (
    "int2 int4 int8 numeric float4 float8 bool date time timetz timestamp timestamptz uuid bytea jsonb oid money " +
    "bit varbit inet cidr macaddr macaddr8 pg_lsn xid8 tsvector"
  ).split(" "),
);
const textTypes = new Set(["text", "varchar", "bpchar"]);

/** How the columns of a table are compared, in the order asked for. Throws "integrity" for one the table lacks. */
export async function comparedColumns(
  connection: Connection,
  table: FoundTable,
  names: readonly string[],
): Promise<readonly ComparedColumn[]> {
  const rows = await connection.query<
    Readonly<Record<"name" | "spelled" | "base" | "kind", string> & { element: string | null }>
  >(sql`
    WITH RECURSIVE base AS (
      SELECT attname AS name, atttypid AS type, atttypmod AS modifier FROM pg_attribute
      WHERE attrelid = ${trusted(table.oid)} AND attnum > 0 AND NOT attisdropped
      UNION ALL SELECT base.name, t.typbasetype, t.typtypmod FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype = 'd'
    )
    SELECT base.name, format_type(base.type, base.modifier) AS spelled, t.typname AS base, t.typtype AS kind,
      CASE WHEN t.typcategory = 'A' THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) END AS element
    FROM base JOIN pg_type t ON t.oid = base.type WHERE t.typtype <> 'd'`);
  return names.map((name) => {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) throw noColumn(table, name);
    return { name, databaseType: row.spelled, by: comparedBy(row) };
  });
}

function comparedBy({
  base,
  kind,
  element,
}: {
  base: string;
  kind: string;
  element: string | null;
}): ComparedColumn["by"] {
  // Enums, ranges and multiranges always have an equality.
  if (["e", "r", "m"].includes(kind) || valueTypes.has(element ?? base)) return "value";
  return textTypes.has(base) ? "text" : "as text";
}

function noColumn(table: FoundTable, name: string): StageError {
  return new StageError(
    "integrity",
    `${table.qualifiedName} has no column ${name}, which the transform wrote`,
    "the table was changed since it was loaded; bring the column back, or correct the mapping and run transform and load again",
  );
}

/** A column's value as it is compared. COLLATE "C" says characters; blanks that pad a char(n) still do not count. */
export function comparable(alias: Sql, { name, by }: ComparedColumn): Sql {
  const value = sql`${alias}.${identifier(name)}`;
  if (by === "value") return value;
  return by === "text" ? sql`${value} COLLATE "C"` : sql`${value}::text COLLATE "C"`;
}

/** A column's value as it stands in a file: what its type prints, NULL as NULL. */
export function printed(alias: Sql, { name, databaseType = "" }: Printed): Sql {
  const value = sql`${alias}.${identifier(name)}`;
  // IS NOT NULL would be false for a composite value one field of which is NULL.
  return sql`CASE WHEN ${value} IS DISTINCT FROM NULL THEN format('%s', ${asTyped(value, databaseType)}) END`;
}

/** A column that is printed. */
export type Printed = Pick<ComparedColumn, "name"> & Partial<Pick<ComparedColumn, "databaseType">>;

/** An expected value, which stands there without the scale of its column, as the column prints it where that does not change it. */
export function asTyped(value: Sql, databaseType: string): Sql {
  const [, scale] = /^numeric\(\d+,(-?\d+)\)$/.exec(databaseType) ?? [];
  const isPadded = /^character\(\d+\)$/.test(databaseType);
  if (scale === undefined && !isPadded) return value;
  const typed = scale === undefined ? sql`${value}::${trusted(databaseType)}` : sql`round(${value}, ${trusted(scale)})`;
  return sql`CASE WHEN ${value} = ${typed} THEN ${typed} ELSE ${value} END`;
}
