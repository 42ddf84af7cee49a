import type { Sql } from "../../model/names.js";
import { asTyped, type ComparedColumn, comparable, printed } from "./compare-columns.js";
import { identifier, identifiers, joined, literal, sql, trusted } from "./identifiers.js";

/** Two tables of the same columns, to be compared. */
export interface Sides {
  readonly expected: Sql;
  readonly actual: Sql;
  readonly columns: readonly ComparedColumn[];
  /** Rows that only `actual` has are differences too. */
  readonly allRows: boolean;
}

/** Sides whose rows are paired by a key. `IS NOT NULL` of a composite asks every column, hence the mark of our own. */
export interface KeyedSides extends Sides {
  readonly key: readonly ComparedColumn[];
}

const expected = sql`e`;
const actual = sql`t`;
const both = sql`e."~here" AND t."~here"`;
const missing = sql`t."~here" IS NULL`;
const extra = sql`e."~here" IS NULL`;

/** One row: pairs, missing, extra, changed, and rows that a NULL in their key kept from being paired. */
export function countByKey(sides: KeyedSides): Sql {
  const unpaired = joined(
    sides.key.map((column) => sql`(${comparable(expected, column)} IS NULL AND ${comparable(actual, column)} IS NULL)`),
    " OR ",
  );
  return sql`SELECT count(*) FILTER (WHERE ${both}) AS pairs, count(*) FILTER (WHERE ${missing}) AS missing,
    count(*) FILTER (WHERE ${extra}) AS extra, count(*) FILTER (WHERE ${both} AND (${differs(sides)})) AS changed,
    count(*) FILTER (WHERE ${unpaired}) AS unpaired FROM ${pairs(sides)}`;
}

/** One row: for each column beside the key, in how many pairs it differs. */
export function countByColumn(sides: KeyedSides): Sql {
  const counts = others(sides).map(
    (column, index) => sql`count(*) FILTER (WHERE ${differsIn(column)}) AS ${trusted(`c${index}`)}`,
  );
  return sql`SELECT ${joined(counts)} FROM ${pairs(sides)} WHERE ${both}`;
}

/** The columns that `countByColumn` counts, in its order. */
export function others({ columns, key }: KeyedSides): readonly ComparedColumn[] {
  return columns.filter(({ name }) => !key.some((one) => one.name === name));
}

/** A line for every missing or extra row (its values as JSON) and for every value that differs, in key order. */
export function differencesByKey(sides: KeyedSides, prefix: string, limit: number): Sql {
  const whole = sql`(0, ${missing} OR ${extra}, NULL, ${rowJson(expected, sides, missing)}, ${rowJson(actual, sides, extra)})`;
  const values = others(sides).map(
    (column, index) =>
      sql`(${number(index + 1)}, ${both} AND ${differsIn(column)}, ${literal(column.name)}, ${printed(expected, column)}, ${printed(actual, column)})`,
  );
  const kind = sql`CASE WHEN ${missing} THEN 'missing' WHEN ${extra} THEN 'extra' ELSE 'changed' END`;
  return sql`SELECT ${literal(prefix)} || ${kind}, ${keyOf(sides)}, d.name, d.expected, d.actual FROM ${firstPairs(sides, limit)}
    CROSS JOIN LATERAL (VALUES ${joined([whole, ...values])}) AS d(place, differs, name, expected, actual)
    WHERE d.differs ORDER BY ${keyOrder(sides)}, d.place LIMIT ${number(limit)}`;
}

/** The rows of `actual` that have a pair, as their types print them, in key order. */
export function pairedByKey(sides: KeyedSides, limit: number): Sql {
  const values = joined(sides.columns.map((column) => printed(actual, column)));
  return sql`SELECT ${values} FROM ${pairs(sides)} WHERE ${both} ORDER BY ${keyOrder(sides)} LIMIT ${number(limit)}`;
}

// The rows are cut off before they are taken apart: printing 600,000 to list 10,000 of them took a minute.
function firstPairs(sides: KeyedSides, limit: number): Sql {
  const names = [...sides.columns.map(({ name }) => name), "~here"].map(identifier);
  const packed = (alias: Sql): Sql =>
    joined(names.map((name, index) => sql`${alias}.${name} AS ${trusted(`${alias}${index}`)}`));
  const unpacked = (alias: Sql): Sql =>
    sql`LATERAL (SELECT ${joined(names.map((name, index) => sql`p.${trusted(`${alias}${index}`)} AS ${name}`))}) AS ${alias}`;
  return sql`(SELECT ${packed(expected)}, ${packed(actual)} FROM ${pairs(sides)}
      WHERE ${missing} OR ${extra} OR ${differs(sides)} ORDER BY ${keyOrder(sides)} LIMIT ${number(limit)}) AS p,
    ${unpacked(expected)}, ${unpacked(actual)}`;
}

function keyOrder({ key }: KeyedSides): Sql {
  return joined(key.map((column) => sql`coalesce(${comparable(expected, column)}, ${comparable(actual, column)})`));
}

/** One row: missing and extra, where rows are compared whole and how often each occurs counts. */
export function countWhole(sides: Sides): Sql {
  return sql`SELECT coalesce(sum(surplus) FILTER (WHERE surplus > 0), 0) AS missing,
    coalesce(-sum(surplus) FILTER (WHERE surplus < 0), 0) AS extra FROM (${surplus(sides)}) AS counted`;
}

/** A line for every row too few or too many, its values as JSON. All columns are its key. */
export function differencesWhole(sides: Sides, prefix: string, limit: number): Sql {
  const names = sides.columns.map((_, index) => trusted(`v${index}`));
  const values = sides.columns.map(({ databaseType }, index) => asTyped(names[index] ?? sql`NULL`, databaseType));
  const json = sql`(SELECT row_to_json(r)::text FROM (SELECT ${joined(sides.columns.map((column, index) => sql`${values[index] ?? sql`NULL`} AS ${identifiers([column.name])}`))}) AS r)`;
  const kind = sql`CASE WHEN surplus > 0 THEN 'missing' ELSE 'extra' END`;
  return sql`SELECT ${literal(prefix)} || ${kind}, ${listJson(values.map((value) => sql`(${value})::text`))}, NULL,
      CASE WHEN surplus > 0 THEN ${json} END, CASE WHEN surplus < 0 THEN ${json} END
    FROM (${surplus(sides)}) AS counted, generate_series(1, abs(surplus)) ORDER BY ${joined(names)}, surplus LIMIT ${number(limit)}`;
}

// "~here" tells a row that is not there from one that holds only NULLs.
function side(table: Sql, { columns }: Sides): Sql {
  return sql`(SELECT ${identifiers(columns.map(({ name }) => name))}, true AS "~here" FROM ${table})`;
}

function pairs(sides: KeyedSides): Sql {
  const kind = sides.allRows ? sql`FULL JOIN` : sql`LEFT JOIN`;
  return sql`${side(sides.expected, sides)} AS e ${kind} ${side(sides.actual, sides)} AS t ON ${sameKey(sides)}`;
}

function sameKey({ key }: KeyedSides): Sql {
  const same = key.map((column) => sql`${comparable(expected, column)} = ${comparable(actual, column)}`);
  return joined(same, " AND ");
}

/** Of the actual rows those that are compared, as a fragment of FROM without its alias: all, or those whose key is expected. */
export function comparedRows(sides: KeyedSides): Sql {
  if (sides.allRows || sides.key.length === 0) return sides.actual;
  const isExpected = sql`EXISTS (SELECT FROM ${sides.expected} AS e WHERE ${sameKey(sides)})`;
  return sql`(SELECT t.* FROM ${sides.actual} AS t WHERE ${isExpected})`;
}

/** One row, `count`: expected rows whose key no actual row of these sides has, but one of `all`. */
export function countPairedElsewhere(sides: KeyedSides, all: Sql): Sql {
  const has = (rows: Sql): Sql => sql`EXISTS (SELECT FROM ${rows} AS t WHERE ${sameKey(sides)})`;
  const these = sql`(SELECT * FROM ${sides.actual})`;
  return sql`SELECT count(*) AS count FROM (SELECT * FROM ${sides.expected}) AS e WHERE ${has(all)} AND NOT ${has(these)}`;
}

function differs(sides: KeyedSides): Sql {
  return joined([sql`false`, ...others(sides).map(differsIn)], " OR ");
}

function differsIn(column: ComparedColumn): Sql {
  return sql`${comparable(expected, column)} IS DISTINCT FROM ${comparable(actual, column)}`;
}

// Sorting or hashing whole rows of both sides takes more than pairing them by key, but needs no key.
function surplus(sides: Sides): Sql {
  const values = (table: Sql, sign: Sql): Sql =>
    sql`SELECT ${joined(sides.columns.map((column, index) => sql`${comparable(sql`s`, column)} AS ${trusted(`v${index}`)}`))}, ${sign} AS n FROM (SELECT * FROM ${table}) AS s`;
  const names = joined(sides.columns.map((_, index) => trusted(`v${index}`)));
  const unequal = sides.allRows ? sql`sum(n) <> 0` : sql`sum(n) > 0`;
  return sql`SELECT ${names}, sum(n)::bigint AS surplus
    FROM (${values(sides.expected, sql`1`)} UNION ALL ${values(sides.actual, sql`-1`)}) AS rows
    GROUP BY ${names} HAVING ${unequal}`;
}

function rowJson(alias: Sql, { columns }: Sides, onlyWhen: Sql): Sql {
  const values = joined(
    columns.map(({ name, databaseType }) => {
      const quoted = identifier(name);
      return sql`${asTyped(sql`${alias}.${quoted}`, databaseType)} AS ${quoted}`;
    }),
  );
  return sql`CASE WHEN ${onlyWhen} THEN (SELECT row_to_json(r)::text FROM (SELECT ${values}) AS r) END`;
}

function keyOf({ key }: KeyedSides): Sql {
  return oneOrList(key.map((column) => sql`coalesce(${printed(expected, column)}, ${printed(actual, column)})`));
}

/** A key as one text: of several columns it is a JSON list, as in the ledger. */
export function oneOrList(values: readonly Sql[]): Sql {
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : listJson(values);
}

function listJson(values: readonly Sql[]): Sql {
  return sql`to_json(ARRAY[${joined(values)}]::text[])::text`;
}

function number(value: number): Sql {
  return trusted(String(Math.trunc(value)));
}
