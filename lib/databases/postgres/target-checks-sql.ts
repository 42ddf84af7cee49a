import type { Aggregate, Measure } from "../../mapping/expectations.js";
import type { Sql } from "../../model/names.js";
import { type ComparedColumn, comparable, printed } from "./compare-columns.js";
import { oneOrList } from "./compare-sql.js";
import { identifier, identifiers, joined, literal, sql, trusted } from "./identifiers.js";

/** One side of a reference: its table, its columns, and whether these have to be compared as text. */
export interface ReferenceSides {
  /** Its rows, as a fragment of FROM without an alias. */
  readonly child: Sql;
  readonly columns: readonly string[];
  readonly parent: Sql;
  readonly parentColumns: readonly string[];
  /** The types differ, so that the database may have no equality for them. */
  readonly asText: boolean;
}

/** One row, `count`: rows without NULL in the reference whose parent is not there: what MATCH SIMPLE, the default, forbids. */
export function countOrphans(sides: ReferenceSides): Sql {
  return sql`SELECT count(*) ${orphansOf(sides)}`;
}

/** A line for each such row, in the order of the key: kind, key, columns, what is expected, what they hold. */
export function listOrphans(sides: ReferenceSides, { key, parentName, limit }: OrphanList): Sql {
  const child = sql`c`;
  const printedKey = oneOrList(key.map((column) => printed(child, column)));
  return sql`SELECT 'orphan', ${printedKey}, ${literal(sides.columns.join(", "))}, ${literal(`a row of ${parentName}`)},
      ${oneOrList(sides.columns.map((name) => printed(child, { name })))} ${orphansOf(sides)}
    ORDER BY ${joined(key.map((column) => comparable(child, column)))} LIMIT ${trusted(String(limit))}`;
}

/** How orphans are listed: which columns name them, and under which name their parent is missing. */
export interface OrphanList {
  readonly key: readonly ComparedColumn[];
  readonly parentName: string;
  readonly limit: number;
}

function orphansOf({ child, columns, parent, parentColumns, asText }: ReferenceSides): Sql {
  const own = columns.map((name) => sql`c.${identifier(name)}`);
  const cast = asText ? sql`::text` : sql``;
  const same = own.map((name, index) => sql`p.${identifier(parentColumns[index] ?? "")}${cast} = ${name}${cast}`);
  return sql`FROM ${child} AS c WHERE ${joined(
    own.map((name) => sql`${name} IS NOT NULL`),
    " AND ",
  )}
    AND NOT EXISTS (SELECT FROM ${parent} AS p WHERE ${joined(same, " AND ")})`;
}

/** One row: `groups` among the expected rows, and in how many groups (of either side) the two sides differ. */
export function compareAggregate(
  { expected, actual, floats }: { readonly expected: Sql; readonly actual: Sql; readonly floats: ReadonlySet<string> },
  { group, measures }: Aggregate,
): Sql {
  const names = identifiers(group);
  const list = joined([...group.map(identifier), ...measures.map((one) => measureSql(one, floats))]);
  const grouped = (table: Sql): Sql =>
    sql`SELECT ${list} FROM ${table} AS these${group.length === 0 ? sql`` : sql` GROUP BY ${names}`}`;
  // A group that differs stands on both sides of the differences, one that is missing on one: it is counted once.
  const keys = group.length === 0 ? sql`1` : joined(group.map((_, index) => trusted(`d.g${index}`)));
  const columns = joined([
    ...group.map((_, index) => trusted(`g${index}`)),
    ...measures.map((_, index) => trusted(`m${index}`)),
  ]);
  return sql`WITH e (${columns}) AS (${grouped(expected)}), t (${columns}) AS (${grouped(actual)}),
    d AS ((SELECT * FROM e EXCEPT SELECT * FROM t) UNION ALL (SELECT * FROM t EXCEPT SELECT * FROM e))
    SELECT (SELECT count(*) FROM e) AS groups, (SELECT count(*) FROM (SELECT DISTINCT ${keys} FROM d) AS named) AS differing`;
}

// Whole sums of floating-point numbers depend on the order of the rows, which no two readings share: as numeric they do not.
function measureSql({ measure, column }: Measure, floats: ReadonlySet<string>): Sql {
  if (column === undefined) return sql`count(*)`;
  const value = identifier(column);
  const exact = floats.has(column) ? sql`${value}::numeric` : value;
  switch (measure) {
    case "distinct":
      return sql`count(DISTINCT ${value})`;
    case "nulls":
      return sql`count(*) FILTER (WHERE ${value} IS NULL)`;
    case "sum":
    case "avg":
      return sql`${trusted(measure)}(${exact})`;
    case "min":
    case "max":
    case "count":
      return sql`${trusted(measure)}(${value})`;
    default:
      return measure satisfies never;
  }
}
