import type { Extract } from "../../mapping/migration.js";
import { sql } from "../../mapping/sql.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { nearest } from "../../model/nearest.js";
import type { DatabaseColumn, DatabaseIdentity, SourceTable } from "../port.js";
import { checkedType, frictionlessType, sortsByItself, spelledType } from "./column-types.js";
import type { Connection, Value } from "./connection.js";
import { formatQualified, identifier, literal, parseQualified, trusted } from "./identifiers.js";

/** Which database this is. The server's own identifier survives a rename of the host; older servers have none. */
export async function identityOf(connection: Connection): Promise<DatabaseIdentity> {
  const [[version = "", database = "", host = "", port = ""] = []] = (await connection.query(
    sql`SELECT version(), database(), @@hostname, @@port`,
  )) as readonly (readonly string[])[];
  const named = await connection.query(sql`SHOW VARIABLES WHERE Variable_name IN ('server_uid', 'server_uuid')`);
  const product = productIn(version);
  const server = named[0]?.[1] ?? `${host}:${port}`;
  return { product, version, identity: `${product}:${server}/${database}` };
}

/** Which of the two servers it is. */
export async function productOf(connection: Connection): Promise<"mariadb" | "mysql"> {
  const [[version] = []] = await connection.query(sql`SELECT version()`);
  return productIn(version ?? "");
}

const productIn = (version: string) => (/mariadb/i.test(version) ? "mariadb" : "mysql");

/** An extract as the catalog describes it: its columns, which of them name a row, and whether an index has their order. */
export async function describeExtract(connection: Connection, extract: Extract): Promise<SourceTable> {
  if (extract.from.kind === "select") return await describeSelect(connection, extract, extract.from.sql);
  const { place } = await findTable(connection, extract.from.table);
  const [columns, indexes] = [await columnsOf(connection, place), await indexesOf(connection, place)];
  const primaryKey = indexes.find(({ name }) => name === "PRIMARY")?.columns ?? [];
  const key = extract.key ?? (primaryKey.length > 0 ? primaryKey : columns.map(({ name }) => name));
  return {
    columns,
    key,
    keyKind: extract.key ? "declared" : primaryKey.length > 0 ? "primary" : "whole row",
    keyIsUnique: primaryKey.length > 0 && primaryKey.every((name) => key.includes(name)),
    keyIsIndexed:
      indexes.some((index) => key.every((name, position) => index.columns[position] === name)) &&
      columns.filter(({ name }) => key.includes(name)).every(sortsByItself),
  };
}

/** A table that was found, as the catalog spells it. */
export interface FoundTable {
  readonly schema: string;
  readonly name: string;
  /** `schema.table`, for people, and to be found again by. */
  readonly qualifiedName: string;
  /** In backquotes, to be put into a statement. */
  readonly sql: Sql;
  /** A condition on the catalog's columns TABLE_SCHEMA and TABLE_NAME. */
  readonly place: Place;
}

/** A condition on the catalog's columns TABLE_SCHEMA and TABLE_NAME. */
type Place = Sql;

/** Finds a table or view as a specification writes it. Throws "missing", with the name that is nearest. */
export async function findTable(connection: Connection, written: string): Promise<FoundTable> {
  const { schema: said, name } = parseQualified(written);
  const [[own = "", caseless = "0"] = []] = await connection.query(sql`SELECT database(), @@lower_case_table_names`);
  const schema = said ?? own ?? "";
  const tables = await connection.query(sql`SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = ${literal(schema)} AND TABLE_TYPE <> 'SEQUENCE' ORDER BY cast(TABLE_NAME AS binary)`);
  const names = tables.flatMap(([one]) => one ?? []);
  const same = (one: string): boolean => one === name || (caseless !== "0" && one.toLowerCase() === name.toLowerCase());
  const found = names.find(same);
  if (found !== undefined) return tableAt(schema, found);
  const near = nearest(written, names);
  throw new StageError(
    "missing",
    `there is no table ${written} in ${connection.location}`,
    near === undefined ? `it has ${names.length} tables: list them with SHOW TABLES` : `did you mean ${near}?`,
  );
}

/** A table by the names that the catalog gives it. */
export function tableAt(schema: string, name: string): FoundTable {
  return {
    schema,
    name,
    qualifiedName: formatQualified(schema, name),
    sql: sql`${identifier(schema)}.${identifier(name)}`,
    place: sql`TABLE_SCHEMA = ${literal(schema)} AND TABLE_NAME = ${literal(name)}`,
  };
}

/** The columns of a table, as the catalog describes them. */
export async function columnsOf(connection: Connection, place: Place): Promise<readonly DatabaseColumn[]> {
  const rows = await connection.query(sql`
    SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE, EXTRA, COLUMN_DEFAULT
    FROM information_schema.COLUMNS WHERE ${place} ORDER BY ORDINAL_POSITION`);
  return rows.map(([name, type, characterSet, nullable, extra, preset]) => ({
    ...typeFacts(type ?? "", characterSet ?? undefined),
    name: name ?? "",
    nullable: nullable === "YES",
    generated: /\b(virtual|stored|persistent) generated\b|^(virtual|persistent)$/i.test(extra ?? ""),
    identity: /\bauto_increment\b/i.test(extra ?? ""),
    hasDefault: preset !== null || /\bauto_increment\b/i.test(extra ?? ""),
  }));
}

function typeFacts(databaseType: string, characterSet: string | undefined) {
  return {
    databaseType,
    valueType: checkedType(databaseType),
    type: frictionlessType(databaseType),
    sortsByBytes: sortsByItself({ databaseType }),
    ...(characterSet === undefined ? {} : { characterSet }),
  };
}

interface Index {
  readonly name: string;
  readonly columns: readonly string[];
}

// A prefix of a column, or an expression, orders nothing we could go by.
async function indexesOf(connection: Connection, place: Place): Promise<readonly Index[]> {
  const rows = await connection.query(sql`
    SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
    WHERE ${place} AND INDEX_TYPE = 'BTREE' ORDER BY INDEX_NAME, SEQ_IN_INDEX`);
  const indexes = new Map<string, string[]>();
  for (const [name, column, part] of rows as readonly (readonly Value[])[]) {
    const columns = indexes.get(name ?? "") ?? [];
    indexes.set(name ?? "", columns);
    columns.push(part === null || part === undefined ? (column ?? "") : "");
  }
  return [...indexes].map(([name, columns]) => ({ name, columns }));
}

async function describeSelect(connection: Connection, extract: Extract, select: string): Promise<SourceTable> {
  const columns = await selectedColumns(connection, select);
  const key = extract.key ?? columns.map(({ name }) => name);
  return { columns, key, keyKind: extract.key ? "declared" : "whole row", keyIsUnique: false, keyIsIndexed: false };
}

/** The columns of a SELECT, as far as the protocol tells. */
export async function selectedColumns(connection: Connection, select: string): Promise<readonly DatabaseColumn[]> {
  const fields = await connection.describe(trusted(select.replace(/;\s*$/, "")));
  const sets = new Map(
    (await connection.query(
      sql`SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL`,
    )) as readonly (readonly [string, string])[],
  );
  return fields.map((field) => {
    const characterSet = sets.get(String(field.collation));
    const facts = typeFacts(spelledType(field), characterSet);
    return { ...facts, name: field.name, nullable: true, generated: false, identity: false, hasDefault: false };
  });
}

/** The engine that stores a table (none stores a view), and whether it knows transactions: else no snapshot covers the table's rows. */
export async function engineOf(connection: Connection, { place }: FoundTable) {
  const [[engine, transactions] = []] = await connection.query(sql`SELECT t.ENGINE, e.TRANSACTIONS
    FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE ${place}`);
  return { engine: engine ?? undefined, isTransactional: transactions === "YES" };
}
