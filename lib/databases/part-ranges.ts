import { join, sql } from "../mapping/sql.js";
import type { Sql } from "../model/names.js";
import type { DatabaseColumn, PartRange } from "./port.js";
import type { Ask } from "./source-counts.js";
import { columnOf, mayBeNull, relation, type SourceRelation } from "./source-sql.js";

/** A keyless table is cut by its first columns: a condition over all of a hundred columns would help nobody. */
const edgeColumnsOfKeyless = 2;

/** Values as they stand in the file, one for each column of an edge. */
type Edge = readonly (string | null)[];

/**
 * The parts of an extract, in order. Each holds about `part_rows` rows and rows with equal keys never part company. The
 * edges come from the data alone, so the same data gives the same parts with any number of connections.
 */
export async function* partRanges(ask: Ask, from: SourceRelation): AsyncGenerator<PartRange> {
  if (from.extract.partBy !== undefined) return yield* dateRanges(ask, from);
  const columns = edgeColumns(from);
  const edges = from.table.keyIsIndexed ? edgesByIndex(ask, { from, columns }) : edgesBySorting(ask, { from, columns });
  let start: Edge | undefined;
  for await (const edge of edges) {
    yield { where: between({ from, columns }, start, edge) };
    start = edge;
  }
  yield { where: between({ from, columns }, start, undefined) };
}

/** A relation and the columns its parts are cut by. */
interface Cut {
  readonly from: SourceRelation;
  readonly columns: readonly DatabaseColumn[];
}

function edgeColumns({ table }: SourceRelation): readonly DatabaseColumn[] {
  const names = table.keyKind === "whole row" ? table.key.slice(0, edgeColumnsOfKeyless) : table.key;
  return names.map((name) => columnOf(table, name));
}

// Walks the index from edge to edge: 1.25 M entries in 0.1 s, and the first part can leave after a fifth of that.
async function* edgesByIndex(ask: Ask, cut: Cut): AsyncGenerator<Edge> {
  let start: Edge | undefined;
  for (;;) {
    const next = await firstEdge(ask, cut, {
      where: between(cut, start, undefined),
      skip: cut.from.extract.partRows,
    });
    if (next === undefined) return;
    // More rows of one key than fit a part: the edge is the next key there is.
    const isStuck = start !== undefined && next.every((value, index) => value === start?.[index]);
    const edge = isStuck ? await firstEdge(ask, cut, { where: compared(cut, next, larger), skip: 0 }) : next;
    if (edge === undefined) return;
    yield edge;
    start = edge;
  }
}

async function firstEdge(
  ask: Ask,
  { from, columns }: Cut,
  { where, skip }: { readonly where: Sql; readonly skip: number },
): Promise<Edge | undefined> {
  const [row] = await ask(sql`SELECT ${edgeTexts({ from, columns })} FROM ${relation(from)} AS source
    WHERE ${where} ORDER BY ${order({ from, columns })} LIMIT 1 OFFSET ${String(skip) as Sql}`);
  return row;
}

// Without an index one sort of the keys finds all edges; rank() puts an edge before the first of equal keys.
async function* edgesBySorting(ask: Ask, { from, columns }: Cut): AsyncGenerator<Edge> {
  const names = columns.map((_, index) => `e${index}` as Sql);
  const rows = await ask(sql`
    SELECT before_it, ${join(
      names.map((name) => sql`min(${name}) AS ${name}`),
      ", ",
    )} FROM (
      SELECT ${edgeTexts({ from, columns })}, row_number() OVER place AS place_of_it, rank() OVER place AS before_it
      FROM ${relation(from)} AS source WINDOW place AS (ORDER BY ${order({ from, columns })})) AS placed
    WHERE (place_of_it - 1) % ${String(from.extract.partRows) as Sql} = 0 AND before_it > 1 GROUP BY before_it ORDER BY before_it`);
  for (const row of rows) yield row.slice(1);
}

async function* dateRanges(ask: Ask, from: SourceRelation): AsyncGenerator<PartRange> {
  if (from.extract.partBy === undefined) return;
  const { list, where } = from.dialect.periods(from, from.extract.partBy);
  const rows = await ask(list);
  for (const row of rows) yield { where: where(row) };
  // An empty extract has one empty part.
  if (rows.length === 0) yield { where: sql`true` };
}

function edgeTexts({ from, columns }: Cut): Sql {
  return join(
    columns.map((column, index) => sql`${from.dialect.fileText(column)} AS ${`e${index}` as Sql}`),
    ", ",
  );
}

function order({ from, columns }: Cut): Sql {
  return join(columns.map(from.dialect.sorted), ", ");
}

function between(cut: Cut, start: Edge | undefined, end: Edge | undefined): Sql {
  // One column without NULL, the usual case: plain comparisons, which an index understands.
  const [only] = cut.columns;
  if (cut.columns.length === 1 && only !== undefined && !mayBeNull(only))
    return simpleBetween(cut, only, { start, end });
  const lower = start === undefined ? sql`true` : sql`NOT ${compared(cut, start, smaller)}`;
  const upper = end === undefined ? sql`true` : compared(cut, end, smaller);
  return sql`${lower} AND ${upper}`;
}

interface Ends {
  readonly start: Edge | undefined;
  readonly end: Edge | undefined;
}

function simpleBetween({ from: { dialect } }: Cut, column: DatabaseColumn, { start, end }: Ends): Sql {
  const value = dialect.sortable(column);
  const lower = start === undefined ? sql`true` : sql`${value} >= ${dialect.typed(column, start[0] ?? "")}`;
  const upper = end === undefined ? sql`true` : sql`${value} < ${dialect.typed(column, end[0] ?? "")}`;
  return sql`${lower} AND ${upper}`;
}

/** A column with its value at an edge. */
interface AtEdge {
  readonly column: Sql;
  readonly edge: Sql | undefined;
}

/** Rows before or beyond an edge, NULL first: by the first column, or equal there and by the next. */
function compared({ from: { dialect }, columns }: Cut, edge: Edge, compare: (at: AtEdge) => Sql): Sql {
  const places = columns.map((column, index): AtEdge => {
    const value = edge[index] ?? null;
    return { column: dialect.sortable(column), edge: value === null ? undefined : dialect.typed(column, value) };
  });
  const cases = places.map((at, index) => sql`(${join([...places.slice(0, index).map(same), compare(at)], " AND ")})`);
  return sql`(${join(cases, " OR ")})`;
}

// Never NULL itself, so that NOT may stand before it.
function same({ column, edge }: AtEdge): Sql {
  return edge === undefined ? sql`${column} IS NULL` : sql`(${column} IS NOT NULL AND ${column} = ${edge})`;
}

function smaller({ column, edge }: AtEdge): Sql {
  return edge === undefined ? sql`false` : sql`(${column} < ${edge} OR ${column} IS NULL)`;
}

function larger({ column, edge }: AtEdge): Sql {
  return edge === undefined ? sql`${column} IS NOT NULL` : sql`(${column} IS NOT NULL AND ${column} > ${edge})`;
}
