import type { Sql } from "../../model/names.js";
import { answerTest, columnNamed } from "../answer-test.js";
import type { CheckedTable, CheckRequest, Checks, Comparison, Reference } from "../checks-port.js";
import { compareRows } from "../compare-rows.js";
import type { CopyOut, DatabaseTable } from "../port.js";
import type { PartToLoad } from "../target-port.js";
import { describeTable, type FoundTable, findTable, identityOf } from "./catalog.js";
import { comparedTables, selectDifferences } from "./compare.js";
import { type ComparedColumn, comparedColumns } from "./compare-columns.js";
import { comparedRows, type KeyedSides, pairedByKey } from "./compare-sql.js";
import { type Connection, connect } from "./connection.js";
import { copyPart } from "./copy-part.js";
import { identifiers, sql, trusted } from "./identifiers.js";
import { structureOf } from "./structure.js";
import { compareAggregate, countOrphans, listOrphans, type ReferenceSides } from "./target-checks-sql.js";
import { testDialect } from "./test-dialect.js";

const begin = sql`BEGIN ISOLATION LEVEL REPEATABLE READ`;

/** Hashing 1.25 M rows of 160 bytes takes 200 MB, and a hash may take twice work_mem; beyond that it spills. */
const workMemory = sql`'128MB'`;

const expectedRows = sql`pg_temp.waybill_expected`;
const sampleRows = sql`pg_temp.waybill_sample`;

/** Connects to a PostgreSQL target that is to be checked. */
export async function openPostgresChecks(url: string, options: { readonly application: string }): Promise<Checks> {
  const connection = await connect(url, options);
  return {
    identity: await identityOf(connection),
    checkTable: (request, work) =>
      connection.transaction(async () => {
        const table = await findTable(connection, request.table);
        const description = await describeTable(connection, request.table);
        const checked = await prepare(connection, { request, table, description });
        return await work(checked);
      }, begin),
    close: () => connection.close(),
  };
}

interface Checking {
  readonly request: CheckRequest;
  readonly table: FoundTable;
  readonly description: DatabaseTable;
}

// The temporary tables have the target's types and none of its constraints. Once they are there, the server forbids
// this transaction to write anything else.
async function prepare(connection: Connection, checking: Checking): Promise<CheckedTable> {
  const { request, table, description } = checking;
  const all = description.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const names = request.columns.length === 0 ? all : request.columns;
  const columns = await comparedColumns(connection, table, names);
  for (const copy of [sql`waybill_expected`, sql`waybill_sample`]) {
    await connection.execute(
      sql`CREATE TEMPORARY TABLE ${copy} ON COMMIT DROP AS SELECT ${identifiers(names)} FROM ${table.sql} WITH NO DATA`,
    );
  }
  await connection.execute(sql`SET TRANSACTION READ ONLY`);
  await connection.execute(sql`SET LOCAL work_mem = ${workMemory}`);
  const take = (goal: Sql, part: PartToLoad) =>
    copyPart(connection, { sql: goal, name: request.table, columns: names, freeze: true }, part);
  for (const part of request.parts) await take(expectedRows, part);
  const declared = request.key ?? description.primaryKey;
  const key = declared.flatMap((name) => columns.filter((column) => column.name === name));
  const sides = { actual: table.sql, columns, key: key.length === declared.length ? key : [] };
  return checkedTable(connection, { ...checking, columns, sides, take });
}

interface Prepared extends Checking {
  readonly columns: readonly ComparedColumn[];
  readonly sides: Pick<KeyedSides, "actual" | "columns" | "key">;
  readonly take: (goal: Sql, part: PartToLoad) => Promise<void>;
}

function checkedTable(connection: Connection, { request, table, description, sides, take }: Prepared): CheckedTable {
  const counted = new Map<Sql, number>();
  // A foreign key of the catalog and a relationship of the specification are often the same question.
  const count = async (select: Sql): Promise<number> => {
    const known = counted.get(select) ?? Number((await connection.query<{ count: string }>(select))[0]?.count);
    counted.set(select, known);
    return known;
  };
  const sidesOf = (of: Comparison["of"]): KeyedSides =>
    of === "parts"
      ? { ...sides, expected: expectedRows, allRows: request.allRows }
      : { ...sides, expected: sampleRows, allRows: false };
  const rows = comparedRows(sidesOf("parts"));
  const dialect = testDialect(connection, { table, rows });
  const child = { rows, description };
  return {
    description,
    compare: () =>
      compareRows(comparedTables(connection, sidesOf("parts")), { of: "parts", expected: sumOf(request.parts) }),
    compareSample: async (part) => {
      await take(sampleRows, part);
      return await compareRows(comparedTables(connection, sidesOf("sample")), {
        of: "sample",
        expected: part.rowCount,
      });
    },
    differences: (comparison, limit) =>
      copyOut(connection, selectDifferences(sidesOf(comparison.of), comparison, limit)),
    pairedRows: ({ of }, limit) => copyOut(connection, pairedByKey(sidesOf(of), limit)),
    compareAggregate: async (aggregate) => {
      const floats = description.columns.filter(({ databaseType }) => /^(?:real|double precision)$/.test(databaseType));
      const sides = {
        expected: expectedRows,
        actual: rows,
        floats: new Set(floats.map(({ name }) => name)),
      };
      const statement = compareAggregate(sides, aggregate);
      const [row] = await connection.query<{ groups: string; differing: string }>(statement);
      return { groups: Number(row?.groups), differing: Number(row?.differing) };
    },
    answer: (test) => answerTest({ description, dialect, count }, test),
    select: async (select) => {
      const columns = await connection.describe(trusted(select));
      return { columns: columns.map(({ name }) => name), rows: copyOut(connection, trusted(select)) };
    },
    structure: () => structureOf(connection, description.qualifiedName, rows),
    countOrphans: async (reference) => count(countOrphans(await referenceSides(connection, child, reference))),
    orphans: async (reference, limit) => {
      const key = sides.key.length > 0 ? sides.key : sides.columns;
      const list = { key, parentName: reference.parent, limit };
      return copyOut(connection, listOrphans(await referenceSides(connection, child, reference), list));
    },
  };
}

function copyOut(connection: Connection, select: Sql): CopyOut {
  const rows = connection.copyTo(sql`COPY (${select}) TO STDOUT (FORMAT csv, NULL '\\N')`);
  const serverRowCount = async () => {
    // The stream ends with the last row; the server's count comes in a later message, before the next answer.
    await connection.query(sql`SELECT 1`);
    return rows.rowCount;
  };
  return { rows, serverRowCount };
}

interface Child {
  readonly rows: Sql;
  readonly description: DatabaseTable;
}

async function referenceSides(
  connection: Connection,
  { rows, description }: Child,
  reference: Reference,
): Promise<ReferenceSides> {
  const parent = await findTable(connection, reference.parent);
  const parentTable = await describeTable(connection, reference.parent);
  const typesOf = (of: DatabaseTable, names: readonly string[]) =>
    names.map((name) => columnNamed(of, name).databaseType).join();
  const asText = typesOf(description, reference.columns) !== typesOf(parentTable, reference.parentColumns);
  const { columns, parentColumns } = reference;
  return { child: rows, columns, parent: parent.sql, parentColumns, asText };
}

function sumOf(parts: readonly PartToLoad[]): number {
  return parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
