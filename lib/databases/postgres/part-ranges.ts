import type { Extract } from "../../mapping/migration.js";
import type { Sql } from "../../model/names.js";
import type { DatabaseColumn, PartRange, SourceTable } from "../port.js";
import type { Connection, Value } from "./connection.js";
import { columnOf, keyOrder, mayBeNull, relation, sortable, typed } from "./extract-sql.js";
import { identifier, joined, literal, sql, trusted } from "./identifiers.js";

/** A keyless table is cut by its first columns: a condition over all of a hundred columns would help nobody. */
const edgeColumnsOfKeyless = 2;

type Edge = readonly Value[];

/**
 * The parts of an extract, in order. Each holds about `part_rows` rows and rows with equal keys never part company. The
 * edges come from the data alone, so the same data gives the same parts with any number of connections.
 */
export async function* partRanges(
  connection: Connection,
  extract: Extract,
  table: SourceTable,
): AsyncGenerator<PartRange> {
  if (extract.partBy !== undefined) return yield* dateRanges(connection, extract, table);
  const columns = edgeColumns(table);
  const edges = table.keyIsIndexed
    ? edgesByIndex(connection, extract, columns)
    : edgesBySorting(connection, extract, columns);
  let from: Edge | undefined;
  for await (const edge of edges) {
    yield { where: between(columns, from, edge) };
    from = edge;
  }
  yield { where: between(columns, from, undefined) };
}

function edgeColumns(table: SourceTable): readonly DatabaseColumn[] {
  const names = table.keyKind === "whole row" ? table.key.slice(0, edgeColumnsOfKeyless) : table.key;
  return names.map((name) => columnOf(table, name));
}

// Walks the index from edge to edge: 1.25 M entries in 0.1 s, and the first part can leave after a fifth of that.
async function* edgesByIndex(
  connection: Connection,
  extract: Extract,
  columns: readonly DatabaseColumn[],
): AsyncGenerator<Edge> {
  let from: Edge | undefined;
  for (;;) {
    const next = await edgeAfter(connection, { extract, columns, from, skip: extract.partRows });
    if (next === undefined) return;
    // More rows of one key than fit a part: the edge is the next key there is.
    const isStuck = from !== undefined && next.every((value, index) => value === from?.[index]);
    const edge = isStuck ? await keyAfter(connection, { extract, columns, from: next }) : next;
    if (edge === undefined) return;
    yield edge;
    from = edge;
  }
}

interface EdgeSearch {
  readonly extract: Extract;
  readonly columns: readonly DatabaseColumn[];
  readonly from: Edge | undefined;
  readonly skip: number;
}

async function edgeAfter(
  connection: Connection,
  { extract, columns, from, skip }: EdgeSearch,
): Promise<Edge | undefined> {
  return firstEdge(
    connection,
    sql`SELECT ${names(columns)} FROM ${relation(extract)} AS source
    WHERE ${between(columns, from, undefined)} ORDER BY ${keyOrder(columns)} OFFSET ${trusted(String(skip))} LIMIT 1`,
  );
}

async function keyAfter(
  connection: Connection,
  at: { readonly extract: Extract; readonly columns: readonly DatabaseColumn[]; readonly from: Edge },
) {
  return firstEdge(
    connection,
    sql`SELECT ${names(at.columns)} FROM ${relation(at.extract)} AS source
    WHERE ${beyond(at.columns, at.from)} ORDER BY ${keyOrder(at.columns)} LIMIT 1`,
  );
}

async function firstEdge(connection: Connection, statement: Sql): Promise<Edge | undefined> {
  const [row] = await connection.query<Readonly<Record<string, Value>>>(statement);
  return row === undefined ? undefined : Object.values(row);
}

// Without an index one sort of the keys finds all edges; rank() puts an edge before the first of equal keys.
async function* edgesBySorting(
  connection: Connection,
  extract: Extract,
  columns: readonly DatabaseColumn[],
): AsyncGenerator<Edge> {
  const rows = await connection.query<Readonly<Record<string, Value>>>(sql`
    SELECT DISTINCT ON (before) before, ${joined(columns.map((_, index) => trusted(`e${index}`)))} FROM (
      SELECT ${joined(columns.map((column, index) => sql`source.${identifier(column.name)}::text AS ${trusted(`e${index}`)}`))},
        row_number() OVER place AS number, rank() OVER place AS before
      FROM ${relation(extract)} AS source WINDOW place AS (ORDER BY ${keyOrder(columns)})) AS placed
    WHERE (number - 1) % ${trusted(String(extract.partRows))} = 0 AND before > 1 ORDER BY before`);
  for (const row of rows) yield Object.values(row).slice(1);
}

async function* dateRanges(connection: Connection, extract: Extract, table: SourceTable): AsyncGenerator<PartRange> {
  if (extract.partBy === undefined) return;
  const { column: name, every } = extract.partBy;
  const column = sql`source.${identifier(columnOf(table, name).name)}`;
  const rows = await connection.query<{ from: Value; to: Value }>(sql`
    SELECT edge::text AS from, (edge + ${literal(`1 ${every}`)}::interval)::text AS to FROM
      (SELECT DISTINCT date_trunc(${literal(every)}, ${column}) AS edge FROM ${relation(extract)} AS source) AS edges
    ORDER BY edge NULLS FIRST`);
  for (const { from, to } of rows) yield { where: dateWhere(column, from, to) };
  // An empty extract has one empty part.
  if (rows.length === 0) yield { where: sql`true` };
}

function dateWhere(column: Sql, from: Value, to: Value): Sql {
  if (from === null || to === null) return sql`${column} IS NULL`;
  return sql`${column} >= ${literal(from)} AND ${column} < ${literal(to)}`;
}

function names(columns: readonly DatabaseColumn[]): Sql {
  return joined(
    columns.map((column, index) => sql`source.${identifier(column.name)}::text AS ${trusted(`e${index}`)}`),
  );
}

function between(columns: readonly DatabaseColumn[], from: Edge | undefined, to: Edge | undefined): Sql {
  const lower = from === undefined ? sql`true` : sql`NOT ${before(columns, from)}`;
  const upper = to === undefined ? sql`true` : before(columns, to);
  // One column without NULL, the usual case: plain comparisons, which an index understands.
  if (columns.length === 1 && columns[0] !== undefined && !mayBeNull(columns[0]))
    return simpleBetween(columns[0], from, to);
  return sql`${lower} AND ${upper}`;
}

function simpleBetween(column: DatabaseColumn, from: Edge | undefined, to: Edge | undefined): Sql {
  const lower = from === undefined ? sql`true` : sql`${sortable(column)} >= ${typed(column, from[0] ?? "")}`;
  const upper = to === undefined ? sql`true` : sql`${sortable(column)} < ${typed(column, to[0] ?? "")}`;
  return sql`${lower} AND ${upper}`;
}

/** Rows whose key sorts before `edge`, NULL first: smaller in the first column, or equal there and smaller in the next. */
function before(columns: readonly DatabaseColumn[], edge: Edge): Sql {
  return compared(columns, edge, smaller);
}

/** Rows whose key sorts after `edge`. */
function beyond(columns: readonly DatabaseColumn[], edge: Edge): Sql {
  return compared(columns, edge, larger);
}

function compared(
  columns: readonly DatabaseColumn[],
  edge: Edge,
  compare: (column: DatabaseColumn, value: Value) => Sql,
): Sql {
  const cases = columns.map((column, index) => {
    const equals = columns.slice(0, index).map((earlier, position) => same(earlier, edge[position] ?? null));
    return sql`(${joined([...equals, compare(column, edge[index] ?? null)], " AND ")})`;
  });
  return sql`(${joined(cases, " OR ")})`;
}

function same(column: DatabaseColumn, value: Value): Sql {
  return value === null
    ? sql`${sortable(column)} IS NULL`
    : sql`${sortable(column)} IS NOT DISTINCT FROM ${typed(column, value)}`;
}

function smaller(column: DatabaseColumn, value: Value): Sql {
  if (value === null) return sql`false`;
  return sql`(${sortable(column)} < ${typed(column, value)} OR ${sortable(column)} IS NULL)`;
}

function larger(column: DatabaseColumn, value: Value): Sql {
  if (value === null) return sql`${sortable(column)} IS NOT NULL`;
  return sql`(${sortable(column)} IS NOT NULL AND ${sortable(column)} > ${typed(column, value)})`;
}
