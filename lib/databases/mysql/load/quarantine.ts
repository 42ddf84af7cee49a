// What holds of keys that rows refer to, as far as quarantine asks:
// 1. Whether a parent is there the server says, by the types of its columns; keys come and go as the texts of the parts.
// 2. Rows are taken out in the transaction that is rolled back.
import { join, sql } from "../../../mapping/sql.js";
import { StageError } from "../../../model/errors.js";
import type { Sql } from "../../../model/names.js";
import { keyText, type LostKeys, type SelfReference, type SelfReferring } from "../../lost-rows.js";
import type { DatabaseColumn } from "../../port.js";
import type { QuarantineDatabase } from "../../quarantine-port.js";
import type { LostParents } from "../../rejects-port.js";
import { columnsOf, type FoundTable, findTable } from "../catalog.js";
import { among, fileText } from "../column-text.js";
import type { Connection } from "../connection.js";
import { identifier, parseQualified, qualified, trusted } from "../identifiers.js";
import { refusalIn } from "./refused.js";
import type { TargetConnection } from "./target-connection.js";

/** MySQL or MariaDB, as looking for refused rows in this table needs it. */
export function quarantineOf(connection: TargetConnection, table: string): QuarantineDatabase {
  return {
    execute: (statement) => connection.execute(statement),
    qualifiedName: async (name) => (await findTable(connection, name)).qualifiedName,
    refusalOf: (error) => refusalIn(error, parseQualified(table).name),
    lostKeys: (parents) => lostKeys(connection, parents),
    takeOutOrphans: async (referring) =>
      await takeOutOrphans(connection, await findTable(connection, table), referring),
  };
}

async function lostKeys(connection: Connection, parents: readonly LostParents[]): Promise<readonly LostKeys[]> {
  const lost: LostKeys[] = [];
  for (const { values, ...reference } of parents) {
    const parent = await findTable(connection, reference.parent);
    const columns = await named(connection, parent, reference.parentColumns);
    const keys = await missingKeys(connection, { table: parent, columns }, values.map(keyText));
    if (keys.length > 0) lost.push({ ...reference, keys: new Set(keys) });
  }
  return lost;
}

async function named(
  connection: Connection,
  { place }: FoundTable,
  names: readonly string[],
): Promise<readonly DatabaseColumn[]> {
  const known = await columnsOf(connection, place);
  return names.flatMap((name) => known.filter((column) => column.name === name));
}

interface KeyColumns {
  readonly table: FoundTable;
  readonly columns: readonly DatabaseColumn[];
}

const askedAtOnce = 200;

/** Which of these keys no row of a table has. */
async function missingKeys(
  connection: Connection,
  { table, columns }: KeyColumns,
  keys: readonly string[],
): Promise<readonly string[]> {
  const there = new Set<string>();
  const all = [...new Set(keys)];
  for (let from = 0; from < all.length; from += askedAtOnce) {
    const asked = all.slice(from, from + askedAtOnce).flatMap((key, index) => {
      const where = whereKey(columns, key);
      if (where === undefined) return [];
      return [
        sql`SELECT ${trusted(String(from + index))} FROM DUAL WHERE EXISTS (SELECT 1 FROM ${table.sql} AS source WHERE ${where})`,
      ];
    });
    if (asked.length === 0) continue;
    for (const [index] of await connection.query(join(asked, " UNION ALL "))) there.add(all[Number(index)] ?? "");
  }
  return all.filter((key) => !there.has(key));
}

// A NULL refers to nothing, and a text that is no value of the column's type is no key of any row.
function whereKey(columns: readonly DatabaseColumn[], key: string): Sql | undefined {
  const values = JSON.parse(key) as readonly (string | null)[];
  try {
    const equal = columns.map((column, index) => {
      const value = values[index] ?? null;
      return value === null ? sql`false` : among(column, [value]);
    });
    return sql`(${join(equal, " AND ")})`;
  } catch (error) {
    if (error instanceof StageError) return undefined;
    throw error;
  }
}

interface Following {
  readonly reference: SelfReference;
  readonly own: readonly DatabaseColumn[];
  readonly parentKey: readonly DatabaseColumn[];
  readonly lost: Set<string>;
  /** Keys of rows that were put aside or taken out: others may have the same. */
  readonly suspects: Set<string>;
}

async function takeOutOrphans(
  connection: TargetConnection,
  table: FoundTable,
  { references }: SelfReferring,
): Promise<readonly LostKeys[]> {
  const all: Following[] = [];
  for (const reference of references) {
    const own = await named(connection, table, reference.columns);
    const isOwn = reference.demands !== "all";
    const parentKey = isOwn ? await named(connection, table, reference.parentColumns) : [];
    const suspects = new Set(reference.demands === "all" ? [] : reference.demands);
    all.push({ reference, own, parentKey, lost: new Set(), suspects });
  }
  let goesOn = true;
  while (goesOn) {
    goesOn = false;
    for (const one of all) {
      const keys = await lostOf(connection, table, one);
      if (keys.length === 0) continue;
      goesOn = true;
      for (const key of keys) one.lost.add(key);
      await takeOut(connection, table, { all, own: one.own, keys });
    }
  }
  return all.map(({ reference, lost }) => ({ ...reference, keys: lost }));
}

async function lostOf(connection: Connection, table: FoundTable, following: Following): Promise<readonly string[]> {
  const { reference, own, parentKey, lost, suspects } = following;
  if (reference.demands !== "all") {
    const asked = [...suspects];
    suspects.clear();
    const missing = await missingKeys(connection, { table, columns: parentKey }, asked);
    return missing.filter((key) => !lost.has(key));
  }
  const texts = own.map((column) => fileText(column));
  const isSet = own.map(({ name }) => sql`source.${identifier(name)} IS NOT NULL`);
  const isSame = own.map(
    ({ name }, index) => sql`parent.${identifier(reference.parentColumns[index] ?? "")} = source.${identifier(name)}`,
  );
  const rows = await connection.query(sql`SELECT DISTINCT ${join(texts, ", ")} FROM ${table.sql} AS source
    WHERE ${join(isSet, " AND ")} AND NOT EXISTS (SELECT 1 FROM ${qualified(reference.parent)} AS parent WHERE ${join(isSame, " AND ")})`);
  return rows.map(keyText);
}

interface TakingOut {
  readonly all: readonly Following[];
  readonly own: readonly DatabaseColumn[];
  readonly keys: readonly string[];
}

/** Takes out the rows that refer to these keys; what named them is suspected from then on. */
async function takeOut(connection: TargetConnection, table: FoundTable, { all, own, keys }: TakingOut): Promise<void> {
  for (let from = 0; from < keys.length; from += askedAtOnce) {
    const conditions = keys.slice(from, from + askedAtOnce).flatMap((key) => whereKey(own, key) ?? []);
    if (conditions.length === 0) continue;
    const where = join(conditions, " OR ");
    for (const { parentKey, suspects } of all) {
      if (parentKey.length === 0) continue;
      const texts = parentKey.map((column) => fileText(column));
      const gone = await connection.query(sql`SELECT ${join(texts, ", ")} FROM ${table.sql} AS source WHERE ${where}`);
      for (const row of gone) suspects.add(keyText(row));
    }
    await connection.execute(sql`DELETE source FROM ${table.sql} AS source WHERE ${where}`);
  }
}
