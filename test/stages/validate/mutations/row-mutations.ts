import type { TestDatabase } from "../../../support/postgres.js";
import { changes, instead } from "./values.js";
import type { WorldTable } from "./world.js";

/** One change of a table's rows, and the lines of differences.csv.gz that must speak of it. */
export interface RowMutation {
  readonly table: string;
  readonly what: string;
  readonly sql: string;
  readonly lines: readonly Line[];
}

/** Cells that a line begins with; a key that is left out may be any. */
export interface Line {
  readonly kind: string;
  readonly key?: string;
  readonly column?: string;
}

/** Chooses a row and says what becomes of it; undefined where there is no row for it. */
export type ChooseRow = (database: TestDatabase, random: () => number) => Promise<RowMutation | undefined>;

/** Every way in which a row of the table can be changed, be gone, come, or change places. */
export function rowMutations(table: WorldTable): readonly ChooseRow[] {
  const ofValues = Object.entries(table.columns).flatMap(([column, type]) => [
    ...changes[type].map(([what, to]) =>
      changeOf(table, { column, what, to, when: "v IS NOT NULL AND v::text <> ''" }),
    ),
    ...(isNeeded(table, column)
      ? []
      : [changeOf(table, { column, what: "NULL for a value", to: "NULL", when: "v IS NOT NULL" })]),
    changeOf(table, { column, what: "a value for NULL", to: instead[type], when: "v IS NULL" }),
    ...(type === "text" && !isNeeded(table, column)
      ? [changeOf(table, { column, what: "NULL for the empty text", to: "NULL", when: "v = ''" })]
      : []),
  ]);
  const rows = table.key.length === 0 ? [repeated(table), lessOften(table)] : [gone(table), added(table)];
  const more = [...(isSwappable(table) ? [swapped(table)] : []), ...(table.name === "people" ? [orphaned(table)] : [])];
  return [...ofValues, ...rows, ...more];
}

const needed = ["cities.name", "people.name", "accounts.owner", "accounts.balance"];
const isNeeded = ({ name }: WorldTable, column: string): boolean => needed.includes(`${name}.${column}`);
// An identity that is always generated takes no other number.
const isSwappable = ({ name, key }: WorldTable): boolean => key.length > 0 && name !== "accounts";

interface ValueChange {
  readonly column: string;
  readonly what: string;
  readonly to: string;
  readonly when: string;
}

function changeOf(table: WorldTable, { column, what, to, when }: ValueChange): ChooseRow {
  const of = (sql: string): string => sql.replaceAll(/\bv\b/g, column);
  return async (database, random) => {
    // A value that its own change leaves as it is, is no difference: 'x' in large letters may be a digit.
    const differs = `(${of(to)})::text IS DISTINCT FROM ${column}::text`;
    const row = await chosen(database, random, table, `${of(when)} AND ${differs}`);
    if (row === undefined) return undefined;
    const lines =
      table.key.length === 0 ? [{ kind: "missing" }, { kind: "extra" }] : [{ kind: "changed", key: row.key, column }];
    const sql = `${quietly} UPDATE ${table.name} SET ${column} = ${of(to)} WHERE ctid = '${row.place}'`;
    return { table: table.name, what: `${column}: ${what}`, sql, lines };
  };
}

/** Neither foreign keys nor triggers have a say. */
const quietly = "SET session_replication_role = replica;";

interface Row {
  readonly place: string;
  readonly key: string;
}

async function chosen(
  database: TestDatabase,
  random: () => number,
  { name, key }: WorldTable,
  when: string,
): Promise<Row | undefined> {
  const texts = key.map((column) => `${column}::text`).join(", ");
  const rows = await database.query(
    `SELECT ctid AS place, to_json(ARRAY[${texts}]::text[])::text AS keys FROM ${name} WHERE ${when} ORDER BY ctid`,
  );
  const row = rows[Math.floor(random() * rows.length)];
  if (row === undefined) return undefined;
  const keys = String(row.keys);
  return { place: String(row.place), key: key.length === 1 ? String(JSON.parse(keys)[0]) : keys };
}

function gone(table: WorldTable): ChooseRow {
  return async (database, random) => {
    const row = await chosen(database, random, table, "true");
    if (row === undefined) return undefined;
    const sql = `${quietly} DELETE FROM ${table.name} WHERE ctid = '${row.place}'`;
    return { table: table.name, what: "a row less", sql, lines: [{ kind: "missing", key: row.key }] };
  };
}

// What is unique stays so: the row that comes has a key and names of its own.
function added(table: WorldTable): ChooseRow {
  const [first = "", ...more] = table.key;
  const names = [...table.key, ...Object.keys(table.columns)];
  const own: Readonly<Record<string, string>> = {
    [first]: `${first} + 1000`,
    token: "NULL",
    name: "name || ' too'",
    owner: "owner || ' too'",
  };
  return async (database, random) => {
    const row = await chosen(database, random, table, "true");
    if (row === undefined) return undefined;
    const values = names.map((name) => own[name] ?? name).join(", ");
    const sql = `${quietly} INSERT INTO ${table.name} (${names.join(", ")}) OVERRIDING SYSTEM VALUE
      SELECT ${values} FROM ${table.name} WHERE ctid = '${row.place}'`;
    const key =
      more.length === 0 ? String(Number(row.key) + 1000) : row.key.replace(/\d+/, (id) => String(Number(id) + 1000));
    return { table: table.name, what: "a row more", sql, lines: [{ kind: "extra", key }] };
  };
}

function repeated({ name, ...table }: WorldTable): ChooseRow {
  return async (database, random) => {
    const row = await chosen(database, random, { name, ...table }, "true");
    const sql = `INSERT INTO ${name} SELECT * FROM ${name} WHERE ctid = '${row?.place}'`;
    return { table: name, what: "a row twice", sql, lines: [{ kind: "extra" }] };
  };
}

function lessOften({ name, ...table }: WorldTable): ChooseRow {
  return async (database, random) => {
    const row = await chosen(database, random, { name, ...table }, "true");
    return {
      table: name,
      what: "a row that occurs once less",
      sql: `DELETE FROM ${name} WHERE ctid = '${row?.place}'`,
      lines: [{ kind: "missing" }],
    };
  };
}

// Both rows go and come again: a primary key is unique after each row.
function swapped(table: WorldTable): ChooseRow {
  const { name, key } = table;
  return async (database, random) => {
    const [one, other] = [await chosen(database, random, table, "true"), await chosen(database, random, table, "true")];
    if (one === undefined || other === undefined || one.key === other.key) return undefined;
    const [first = ""] = key;
    const columns = key.join(", ");
    const keysAt = (place: string): string => `(SELECT ${columns} FROM kept WHERE spot = '${place}')`;
    const sql = `${quietly} CREATE TEMPORARY TABLE kept AS SELECT ctid AS spot, ${columns} FROM ${name};
      CREATE TEMPORARY TABLE pair AS SELECT ctid AS spot, * FROM ${name} WHERE ctid IN ('${one.place}', '${other.place}');
      DELETE FROM ${name} WHERE ctid IN ('${one.place}', '${other.place}');
      UPDATE pair SET (${columns}) = ${keysAt(other.place)}, spot = NULL WHERE spot = '${one.place}';
      UPDATE pair SET (${columns}) = ${keysAt(one.place)} WHERE spot = '${other.place}';
      ALTER TABLE pair DROP spot; INSERT INTO ${name} SELECT * FROM pair`;
    const lines = [one, other].map((row) => ({ kind: "changed", key: row.key }));
    return { table: name, what: `two rows that swapped their ${first}`, sql, lines };
  };
}

function orphaned(table: WorldTable): ChooseRow {
  return async (database, random) => {
    const row = await chosen(database, random, table, "city IS NOT NULL");
    if (row === undefined) return undefined;
    const sql = `${quietly} UPDATE people SET city = 77 WHERE ctid = '${row.place}'`;
    const lines = ["changed", "orphan"].map((kind) => ({ kind, key: row.key, column: "city" }));
    return { table: table.name, what: "a city that is not there", sql, lines };
  };
}
