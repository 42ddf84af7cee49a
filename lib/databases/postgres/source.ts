import type { Extract } from "../../mapping/migration.js";
import { StageError } from "../../model/errors.js";
import type { Sql } from "../../model/names.js";
import { partRanges } from "../part-ranges.js";
import type { CopyOut, CopyRequest, Snapshot, Source, SourceTable } from "../port.js";
import { countLeftOut, countRows } from "../source-counts.js";
import { relation, requestWhere } from "../source-sql.js";
import { workerPool } from "../worker-pool.js";
import { describeQuery, describeTable, findTable, identityOf } from "./catalog.js";
import { type Connection, connect } from "./connection.js";
import { copyStatement, dialect } from "./extract-sql.js";
import { identifier, joined, literal, sql, trusted } from "./identifiers.js";

const begin = sql`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`;

/**
 * Opens a source for reading. One connection exports its snapshot and stays open; up to `jobs` others adopt it, so that
 * all of them see the very same state until `close`.
 */
export async function openPostgresSource(
  url: string,
  options: { readonly application: string; readonly jobs: number },
): Promise<Source> {
  const first = await connect(url, { application: options.application, readOnly: true });
  try {
    const facts = await exportSnapshot(first);
    const ask = async (statement: Sql) => (await first.query(statement)).map((row) => Object.values(row));
    const workers = workerPool(options.jobs, () => adoptSnapshot(url, options.application, facts.exported));
    return {
      identity: await identityOf(first),
      snapshot: facts.snapshot,
      rowDigest: "md5",
      session: { timeZone: "UTC", dateStyle: "ISO, YMD", extraFloatDigits: 3, byteaOutput: "hex", encoding: "UTF8" },
      describe: (extract) => describeExtract(first, extract),
      count: (extract, table, selection) => countRows(ask, { dialect, extract, table }, selection),
      countLeftOut: (extract) => countLeftOut(ask, { dialect, extract }),
      ranges: (extract, table) => partRanges(ask, { dialect, extract, table }),
      copy: (request, take) =>
        workers.use((connection) => copyRange(connection, { request, take, toUtf8: facts.toUtf8 })),
      close: async () => {
        await workers.close();
        await first.close();
      },
    };
  } catch (error) {
    await first.close();
    throw error;
  }
}

interface SnapshotFacts {
  readonly exported: string;
  readonly snapshot: Snapshot;
  readonly toUtf8: boolean;
}

async function exportSnapshot(connection: Connection): Promise<SnapshotFacts> {
  await connection.execute(begin);
  const [row] = await connection.query<{ exported: string; visible: string; position: string; encoding: string }>(sql`
    SELECT pg_export_snapshot() AS exported, pg_current_snapshot()::text AS visible,
      (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS position,
      current_setting('server_encoding') AS encoding`);
  if (row === undefined)
    throw new StageError("temporary", `${connection.location} exported no snapshot`, "run the same command again");
  if (row.encoding === "SQL_ASCII") throw unknownEncoding(connection.location);
  return {
    exported: row.exported,
    // The transactions visible, not the WAL position: two readings of a source nobody wrote to are of one state.
    snapshot: {
      id: `postgresql:${row.visible}`,
      isolation: "repeatable read, read only",
      position: row.position,
      consistency: "consistent",
    },
    toUtf8: row.encoding !== "UTF8",
  };
}

function unknownEncoding(location: string): StageError {
  return new StageError(
    "integrity",
    `${location} has the encoding SQL_ASCII: nobody knows in which encoding its texts are`,
    "copy it into a database with a declared encoding first (createdb -E …), then extract from that",
  );
}

async function adoptSnapshot(url: string, application: string, exported: string): Promise<Connection> {
  const connection = await connect(url, { application, readOnly: true });
  try {
    await connection.execute(begin);
    await connection.execute(sql`SET TRANSACTION SNAPSHOT ${literal(exported)}`);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function describeExtract(connection: Connection, extract: Extract): Promise<SourceTable> {
  if (extract.from.kind === "select") return describeSelect(connection, extract, extract.from.sql);
  const { columns, primaryKey } = await describeTable(connection, extract.from.table);
  const key = extract.key ?? (primaryKey.length > 0 ? primaryKey : columns.map(({ name }) => name));
  const keyKind = extract.key ? "declared" : primaryKey.length > 0 ? "primary" : "whole row";
  const keyIsUnique = primaryKey.length > 0 && primaryKey.every((name) => key.includes(name));
  const keyIsIndexed = await hasKeyIndex(connection, extract.from.table, key);
  const table: SourceTable = { columns, key, keyKind, keyIsUnique, keyIsIndexed };
  return keyIsIndexed ? lookForNulls(connection, extract, table) : table;
}

// An index gives rows with NULL last. Where there are none it serves after all: a part of 250,000 rows with their ties in
// 0.2 s instead of 0.9. The first key column is found through the index itself, the others by reading it.
async function lookForNulls(connection: Connection, extract: Extract, table: SourceTable): Promise<SourceTable> {
  const unsure = table.columns.filter((column) => table.key.includes(column.name) && column.nullable);
  if (unsure.length === 0) return table;
  const found = unsure.map(
    ({ name }, index) =>
      sql`EXISTS (SELECT FROM ${relation({ dialect, extract, table })} AS source WHERE source.${identifier(name)} IS NULL) AS ${trusted(`c${index}`)}`,
  );
  const [row = {}] = await connection.query<Readonly<Record<string, string>>>(sql`SELECT ${joined(found)}`);
  const free = new Set(unsure.filter((_, index) => row[`c${index}`] === "f"));
  return {
    ...table,
    columns: table.columns.map((column) => (free.has(column) ? { ...column, holdsNull: false } : column)),
  };
}

async function describeSelect(connection: Connection, extract: Extract, select: string): Promise<SourceTable> {
  const columns = await describeQuery(connection, select);
  const key = extract.key ?? columns.map(({ name }) => name);
  return { columns, key, keyKind: extract.key ? "declared" : "whole row", keyIsUnique: false, keyIsIndexed: false };
}

async function hasKeyIndex(connection: Connection, table: string, key: readonly string[]): Promise<boolean> {
  const { oid } = await findTable(connection, table);
  const rows = await connection.query<{ columns: string }>(sql`
    SELECT (SELECT json_agg(a.attname ORDER BY n.position) FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS n(number, position)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = n.number) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    WHERE i.indrelid = ${trusted(oid)} AND m.amname = 'btree' AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`);
  return rows.some(({ columns }) => {
    const names = JSON.parse(columns ?? "[]") as readonly string[];
    return key.every((name, index) => names[index] === name);
  });
}

interface Copying {
  readonly request: CopyRequest;
  readonly take: (copy: CopyOut) => Promise<void>;
  readonly toUtf8: boolean;
}

async function copyRange(connection: Connection, { request, take, toUtf8 }: Copying): Promise<void> {
  const from = { dialect, extract: request.extract, table: request.table };
  const rows = connection.copyTo(copyStatement(from, { where: requestWhere(dialect, request), toUtf8 }));
  // Whoever takes the rows may fail before listening to them; the error that follows from that must not end the process.
  rows.on("error", () => {});
  const serverRowCount = async () => {
    // The stream ends with the last row; the server's count comes in a later message, before the next answer.
    await connection.query(sql`SELECT 1`);
    return rows.rowCount;
  };
  await take({ rows, serverRowCount });
}
