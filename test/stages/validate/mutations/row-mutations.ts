import type { TestDatabase } from "../../../support/postgres.js";
import type { Server } from "./server.js";
import type { ValueType, WorldTable } from "./world.js";

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

/** A table on a server, which says how its rows are named and changed. */
interface Place {
  readonly server: Server;
  readonly table: WorldTable;
}

/** Every way in which a row of the table can be changed, be gone, come, or change places. */
export function rowMutations(server: Server, table: WorldTable): readonly ChooseRow[] {
  const place = { server, table };
  const ofValues = Object.entries(table.columns).flatMap(([column, type]) => [
    ...server.changes[type].map(([what, to]) =>
      changeOf(place, { column, type, what, to, when: `v IS NOT NULL AND ${server.textOf("v")} <> ''` }),
    ),
    ...(isNeeded(table, column)
      ? []
      : [changeOf(place, { column, type, what: "NULL for a value", to: "NULL", when: "v IS NOT NULL" })]),
    changeOf(place, { column, type, what: "a value for NULL", to: server.instead[type], when: "v IS NULL" }),
    ...(type === "text" && !isNeeded(table, column)
      ? [changeOf(place, { column, type, what: "NULL for the empty text", to: "NULL", when: "v = ''" })]
      : []),
  ]);
  const rows = table.key.length === 0 ? [repeated(place), lessOften(place)] : [gone(place), added(place)];
  const more = [...(isSwappable(table) ? [swapped(place)] : []), ...(table.name === "people" ? [orphaned(place)] : [])];
  return [...ofValues, ...rows, ...more];
}

const needed = ["cities.name", "people.name", "accounts.owner", "accounts.balance"];
const isNeeded = ({ name }: WorldTable, column: string): boolean => needed.includes(`${name}.${column}`);
// An identity that is always generated takes no other number.
const isSwappable = ({ name, key }: WorldTable): boolean => key.length > 0 && name !== "accounts";

interface ValueChange {
  readonly column: string;
  readonly type: ValueType;
  readonly what: string;
  readonly to: string;
  readonly when: string;
}

function changeOf({ server, table }: Place, { column, type, what, to, when }: ValueChange): ChooseRow {
  const of = (sql: string): string => sql.replaceAll(/\bv\b/g, column);
  return async (database, random) => {
    // A value that its own change leaves as it is, is no difference: 'x' in large letters may be a digit.
    const differs = server.differs({ to: of(to), column, type });
    const row = await chosen({ server, table }, { database, random, when: `${of(when)} AND ${differs}` });
    if (row === undefined) return undefined;
    const lines =
      table.key.length === 0 ? [{ kind: "missing" }, { kind: "extra" }] : [{ kind: "changed", key: row.key, column }];
    const sql = `${server.quietly} UPDATE ${table.name} SET ${column} = ${of(to)} WHERE ${row.place}`;
    return { table: table.name, what: `${column}: ${what}`, sql, lines };
  };
}

interface Row {
  readonly place: string;
  readonly key: string;
  readonly keys: readonly string[];
}

interface Choice {
  readonly database: TestDatabase;
  readonly random: () => number;
  readonly when?: string;
}

async function chosen({ server, table }: Place, { database, random, when = "true" }: Choice): Promise<Row | undefined> {
  const [place, texts] = [server.row.place(table), server.row.keys(table)];
  const rows = await database.query(
    `${server.quietly} SELECT ${place} AS place, ${texts} AS texts FROM ${table.name} WHERE ${when} ORDER BY 1`,
  );
  const row = rows[Math.floor(random() * rows.length)];
  if (row === undefined) return undefined;
  const keys: readonly string[] = JSON.parse(String(row.texts));
  return { place: String(row.place), keys, key: keys.length === 1 ? String(keys[0]) : JSON.stringify(keys) };
}

function gone(place: Place): ChooseRow {
  return async (database, random) => {
    const row = await chosen(place, { database, random });
    if (row === undefined) return undefined;
    const sql = `${place.server.quietly} DELETE FROM ${place.table.name} WHERE ${row.place}`;
    return { table: place.table.name, what: "a row less", sql, lines: [{ kind: "missing", key: row.key }] };
  };
}

// What is unique stays so: the row that comes has a key and names of its own.
function added({ server, table }: Place): ChooseRow {
  const [first = "", ...more] = table.key;
  const names = [...table.key, ...Object.keys(table.columns)];
  const own: Readonly<Record<string, string>> = {
    [first]: `${first} + 1000`,
    token: "NULL",
    name: "name || ' too'",
    owner: "owner || ' too'",
  };
  return async (database, random) => {
    const row = await chosen({ server, table }, { database, random });
    if (row === undefined) return undefined;
    const values = names.map((name) => own[name] ?? name).join(", ");
    const sql = `${server.quietly} INSERT INTO ${table.name} (${names.join(", ")}) ${server.overriding}
      SELECT ${values} FROM ${table.name} WHERE ${row.place}`;
    const key =
      more.length === 0 ? String(Number(row.key) + 1000) : row.key.replace(/\d+/, (id) => String(Number(id) + 1000));
    return { table: table.name, what: "a row more", sql, lines: [{ kind: "extra", key }] };
  };
}

function repeated(place: Place): ChooseRow {
  const { name } = place.table;
  return async (database, random) => {
    const row = await chosen(place, { database, random });
    const sql = `INSERT INTO ${name} SELECT * FROM ${name} WHERE ${row?.place}`;
    return { table: name, what: "a row twice", sql, lines: [{ kind: "extra" }] };
  };
}

function lessOften(place: Place): ChooseRow {
  const { name } = place.table;
  return async (database, random) => {
    const row = await chosen(place, { database, random });
    return {
      table: name,
      what: "a row that occurs once less",
      sql: `DELETE FROM ${name} WHERE ${row?.place}`,
      lines: [{ kind: "missing" }],
    };
  };
}

// By way of a key that nobody has: a primary key is unique after each row.
function swapped(place: Place): ChooseRow {
  const { server, table } = place;
  const [first = ""] = table.key;
  return async (database, random) => {
    const [one, other] = [await chosen(place, { database, random }), await chosen(place, { database, random })];
    if (one === undefined || other === undefined || one.key === other.key) return undefined;
    const keyOf = (row: Row): string => table.key.map((name, index) => `${name} = '${row.keys[index]}'`).join(", ");
    const update = `UPDATE ${table.name} SET`;
    const sql = `${server.quietly} ${update} ${first} = 9999 WHERE ${one.place};
      ${update} ${keyOf(one)} WHERE ${other.place}; ${update} ${keyOf(other)} WHERE ${first} = 9999`;
    const lines = [one, other].map((row) => ({ kind: "changed", key: row.key }));
    return { table: table.name, what: `two rows that swapped their ${first}`, sql, lines };
  };
}

function orphaned(place: Place): ChooseRow {
  return async (database, random) => {
    const row = await chosen(place, { database, random, when: "city IS NOT NULL" });
    if (row === undefined) return undefined;
    const sql = `${place.server.quietly} UPDATE people SET city = 77 WHERE ${row.place}`;
    const lines = ["changed", "orphan"].map((kind) => ({ kind, key: row.key, column: "city" }));
    return { table: place.table.name, what: "a city that is not there", sql, lines };
  };
}
