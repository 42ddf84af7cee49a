import { join, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { kindOf } from "../column-types.js";
import { literal, trusted } from "../identifiers.js";
import {
  type ComparedColumn,
  columnOf,
  comparable,
  groupedBy,
  listJson,
  printed,
  revived,
  rowJson,
} from "./compare-columns.js";

/** Two tables of the same columns, to be compared. */
export interface Sides {
  readonly expected: Sql;
  /** The expected rows once more: MySQL opens a temporary table once in a statement. Filled where it is asked for. */
  readonly again: Sql;
  readonly actual: Sql;
  /** The same for the actual rows, where these stand in a temporary table too. */
  readonly actualAgain: Sql;
  readonly columns: readonly ComparedColumn[];
  /** The columns that pair rows; none: they are compared whole. */
  readonly key: readonly ComparedColumn[];
  /** Rows that only `actual` has are differences too. */
  readonly allRows: boolean;
}

const expected = sql`e`;
const actual = sql`t`;

/** One line: pairs, missing, changed, and rows that a NULL in their key kept from being paired. */
export function countPairs(sides: Sides): Sql {
  const nullKey = anyOf(sides.key.map((column) => sql`${columnOf(expected, column)} IS NULL`));
  return sql`SELECT ${countWhen(sql`NOT ${isAbsent(actual, sides)}`)}, ${countWhen(isAbsent(actual, sides))},
    ${countWhen(sql`NOT ${isAbsent(actual, sides)} AND ${differs(sides)}`)}, ${countWhen(nullKey)} FROM ${pairs(sides)}`;
}

/** One line: rows that only `actual` has, and those among them whose key holds a NULL. */
export function countExtra(sides: Sides): Sql {
  const nullKey = anyOf(sides.key.map((column) => sql`${columnOf(actual, column)} IS NULL`));
  return sql`SELECT count(*), ${countWhen(nullKey)} FROM ${extraRows(sides, sides.expected, sides.actual)}`;
}

/** One line: expected rows whose key no actual row of these sides has, but one of `all`. */
export function countPairedElsewhere(sides: Sides, all: Sql): Sql {
  const has = (rows: Sql): Sql => sql`EXISTS (SELECT 1 FROM ${rows} AS t WHERE ${sameKey(expected, sides)})`;
  return sql`SELECT count(*) FROM ${sides.expected} AS e WHERE ${has(all)} AND NOT ${has(sides.actual)}`;
}

/** One line: for each column beside the key, in how many pairs it differs. */
export function countByColumn(sides: Sides): Sql {
  const counts = others(sides).map((column) => countWhen(differsIn(column)));
  return sql`SELECT ${list(counts)} FROM ${pairs(sides)} WHERE NOT ${isAbsent(actual, sides)}`;
}

/** The columns that `countByColumn` counts, in its order. */
export function others({ columns, key }: Sides): readonly ComparedColumn[] {
  return columns.filter(({ name }) => !key.some((one) => one.name === name));
}

/** A line for every missing or extra row (its values as JSON) and for every value that differs, in key order. */
export function differencesByKey(sides: Sides, prefix: string, limit: number): Sql {
  const [e, t] = [
    sides.columns.map((_, index) => trusted(`p.e${index}`)),
    sides.columns.map((_, index) => trusted(`p.t${index}`)),
  ];
  const at = (column: ComparedColumn): number => sides.columns.findIndex(({ name }) => name === column.name);
  const value = (side: readonly Sql[], column: ComparedColumn): Sql => side[at(column)] ?? sql`NULL`;
  const absent = (side: readonly Sql[]): Sql =>
    join(
      sides.key.slice(0, 1).map((column) => sql`(${value(side, column)} IS NULL)`),
      "",
    );
  const changed = sql`NOT ${absent(e)} AND NOT ${absent(t)}`;
  const places = others(sides).map((column, index) => ({ column, place: trusted(String(index + 1)) }));
  const cases = (write: (column: ComparedColumn) => Sql): Sql =>
    join(
      places.map(({ column, place }) => sql` WHEN ${place} THEN ${write(column)}`),
      "",
    );
  const unequal = (column: ComparedColumn): Sql =>
    sql`${changed} AND NOT (${comparable(value(e, column), column)} <=> ${comparable(value(t, column), column)})`;
  const side = (own: readonly Sql[], other: readonly Sql[]): Sql =>
    sql`CASE d.place WHEN 0 THEN if(${absent(other)}, ${rowJson(own, sides.columns)}, NULL)${cases((column) => printed(value(own, column), column))} END`;
  const key = sides.key.map((column) => sql`coalesce(${value(e, column)}, ${value(t, column)})`);
  const order = sides.key.map(
    (column) => sql`coalesce(${comparable(value(e, column), column)}, ${comparable(value(t, column), column)})`,
  );
  return sql`SELECT concat(${literal(prefix)}, CASE WHEN ${absent(t)} THEN 'missing' WHEN ${absent(e)} THEN 'extra' ELSE 'changed' END),
      ${oneOrList(key, sides.key)}, CASE d.place${cases(({ name }) => literal(name))} END, ${side(e, t)}, ${side(t, e)}
    FROM (${firstPairs(sides, limit)}) AS p CROSS JOIN (${numbered(places.length + 1)}) AS d
    WHERE CASE d.place WHEN 0 THEN ${absent(e)} OR ${absent(t)}${cases(unequal)} END
    ORDER BY ${list(order)}, d.place LIMIT ${number(limit)}`;
}

/** The rows of `actual` that have a pair, as their types print them, in key order. */
export function pairedByKey(sides: Sides, limit: number): Sql {
  const values = sides.columns.map((column) => printed(columnOf(actual, column), column));
  const order = sides.key.map((column) => comparable(columnOf(expected, column), column));
  return sql`SELECT ${list(values)} FROM ${sides.expected} AS e JOIN ${sides.actual} AS t ON ${sameKey(expected, sides)}
    ORDER BY ${list(order)} LIMIT ${number(limit)}`;
}

/** One line: missing and extra, where rows are compared whole and how often each occurs counts. */
export function countWhole(sides: Sides): Sql {
  return sql`SELECT coalesce(sum(greatest(surplus, 0)), 0), coalesce(sum(greatest(-surplus, 0)), 0) FROM (${surplus(sides)}) AS counted`;
}

/** A line for every row too few or too many, its values as JSON. All columns are its key. */
export function differencesWhole(sides: Sides, prefix: string, limit: number): Sql {
  const names = sides.columns.map((_, index) => trusted(`v${index}`));
  const values = sides.columns.map((column, index) => revived(names[index] ?? sql`NULL`, column));
  const json = rowJson(values, sides.columns);
  return sql`SELECT concat(${literal(prefix)}, if(surplus > 0, 'missing', 'extra')), ${listJson(values, sides.columns)}, NULL,
      if(surplus > 0, ${json}, NULL), if(surplus < 0, ${json}, NULL)
    FROM (${surplus(sides)}) AS counted JOIN (${numbersTo(limit)}) AS often ON often.place < abs(surplus)
    ORDER BY ${list(names)}, surplus LIMIT ${number(limit)}`;
}

/**
 * Of the actual rows those that are compared, as a fragment of FROM without its alias: all, or those whose key is expected,
 * in a statement that looks at `among` nowhere else.
 */
export function comparedRows(sides: Sides, among = sides.expected): Sql {
  if (sides.allRows || sides.key.length === 0) return sides.actual;
  return sql`(SELECT t.* FROM ${sides.actual} AS t WHERE EXISTS (SELECT 1 FROM ${among} AS e WHERE ${sameKey(expected, sides)}))`;
}

function pairs(sides: Sides): Sql {
  return sql`${sides.expected} AS e LEFT JOIN ${sides.actual} AS t ON ${sameKey(expected, sides)}`;
}

function extraRows(sides: Sides, beside: Sql, of: Sql): Sql {
  return sql`${of} AS t LEFT JOIN ${beside} AS e ON ${sameKey(expected, sides)} WHERE ${isAbsent(expected, sides)}`;
}

// By the column's own equality first, which an index serves and which finds more, never less.
function sameKey(other: Sql, { key }: Sides): Sql {
  const same = key.flatMap((column) => {
    const [left, right] = [columnOf(other, column), columnOf(actual, column)];
    const exactly = sql`${comparable(left, column)} = ${comparable(right, column)}`;
    return column.by === "bytes" && kindOf(column) !== "geometry" ? [sql`${left} = ${right}`, exactly] : [exactly];
  });
  return join(same, " AND ");
}

// What was joined by equality is not NULL where it was found.
function isAbsent(alias: Sql, { key }: Sides): Sql {
  return join(
    key.slice(0, 1).map((column) => sql`(${columnOf(alias, column)} IS NULL)`),
    "",
  );
}

// Both kinds are cut off before they are put together: only so many are ever shown.
function firstPairs(sides: Sides, limit: number): Sql {
  const packed = list(
    [expected, actual].flatMap((alias) =>
      sides.columns.map((column, index) => sql`${columnOf(alias, column)} AS ${trusted(`${alias}${index}`)}`),
    ),
  );
  const inOrder = (alias: Sql): Sql =>
    sql`ORDER BY ${list(sides.key.map((column) => comparable(columnOf(alias, column), column)))} LIMIT ${number(limit)}`;
  const beside = sql`(SELECT ${packed} FROM ${pairs(sides)} WHERE ${isAbsent(actual, sides)} OR ${differs(sides)} ${inOrder(expected)})`;
  if (!sides.allRows) return beside;
  return sql`${beside} UNION ALL (SELECT ${packed} FROM ${extraRows(sides, sides.again, sides.actualAgain)} ${inOrder(actual)})`;
}

function differs(sides: Sides): Sql {
  return anyOf(others(sides).map(differsIn));
}

function differsIn(column: ComparedColumn): Sql {
  return sql`NOT (${comparable(columnOf(expected, column), column)} <=> ${comparable(columnOf(actual, column), column)})`;
}

// Sorting or hashing whole rows of both sides takes more than pairing them by key, but needs no key.
function surplus(sides: Sides): Sql {
  const values = (table: Sql, sign: Sql): Sql =>
    sql`SELECT ${list(sides.columns.map((column, index) => sql`${comparable(columnOf(sql`s`, column), column)} AS ${trusted(`v${index}`)}`))}, ${sign} AS n FROM ${table} AS s`;
  const names = sides.columns.map((_, index) => trusted(`v${index}`));
  const unequal = sides.allRows ? sql`sum(n) <> 0` : sql`sum(n) > 0`;
  return sql`SELECT ${list(names)}, sum(n) AS surplus
    FROM (${values(sides.expected, sql`1`)} UNION ALL ${values(sides.actual, sql`-1`)}) AS both_sides
    GROUP BY ${groupedBy(names, sides.columns)} HAVING ${unequal}`;
}

/** A key as one text: of several columns it is a JSON list, as in the ledger. */
export function oneOrList(values: readonly Sql[], columns: readonly ComparedColumn[]): Sql {
  const [value] = values;
  const [column] = columns;
  return value !== undefined && column !== undefined && columns.length === 1
    ? printed(value, column)
    : listJson(values, columns);
}

/** Numbers from 0 on, in `place`: not fewer than `count`. */
function numbersTo(count: number): Sql {
  const digits = String(Math.max(count - 1, 0)).length;
  const tables = Array.from({ length: digits }, (_, index) => ({
    name: trusted(`n${index}`),
    factor: number(10 ** index),
  }));
  const sum = join(
    tables.map(({ name, factor }) => sql`${name}.place * ${factor}`),
    " + ",
  );
  return sql`SELECT ${sum} AS place FROM ${list(tables.map(({ name }) => sql`(${numbered(10)}) AS ${name}`))}`;
}

function numbered(count: number): Sql {
  return join(
    Array.from({ length: count }, (_, index) => sql`SELECT ${number(index)} AS place`),
    " UNION ALL ",
  );
}

function countWhen(condition: Sql): Sql {
  return sql`count(if(${condition}, 1, NULL))`;
}

function anyOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`false` : sql`(${join(conditions, " OR ")})`;
}

function list(fragments: readonly Sql[]): Sql {
  return join(fragments, ", ");
}

function number(value: number): Sql {
  return trusted(String(Math.trunc(value)));
}
