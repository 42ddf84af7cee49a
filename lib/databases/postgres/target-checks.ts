import type { Sql } from "../../model/names.js";
import { answerTest, columnNamed } from "../answer-test.js";
import type { CheckedTable, CheckRequest, Checks, Comparison, Reference } from "../checks-port.js";
import { compareRows } from "../compare-rows.js";
import type { CopyOut, DatabaseTable } from "../port.js";
import { compareByReading, type ReadBack, spelledLike } from "../read-back.js";
import type { PartToLoad } from "../target-port.js";
import { postgresBuckets } from "./buckets.js";
import { describeTable, type FoundTable, findTable, identityOf } from "./catalog.js";
import { comparedTables, selectDifferences } from "./compare.js";
import { comparedColumns } from "./compare-columns.js";
import { comparedRows, pairedByKey } from "./compare-sql.js";
import { type Connection, connect } from "./connection.js";
import { type ExpectedSides, expectedSides } from "./expected-rows.js";
import { givenRows } from "./given-rows.js";
import { joined, sql, trusted } from "./identifiers.js";
import { spelledAs } from "./spelled-as.js";
import { structureOf } from "./structure.js";
import { suspectSides } from "./suspect-sides.js";
import { compareAggregate, countOrphans, listOrphans, type ReferenceSides } from "./target-checks-sql.js";
import { testDialect } from "./test-dialect.js";

const begin = sql`BEGIN ISOLATION LEVEL REPEATABLE READ`;

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

async function prepare(connection: Connection, checking: Checking): Promise<CheckedTable> {
  const { request, table, description } = checking;
  const all = description.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const columns = await comparedColumns(connection, table, request.columns.length === 0 ? all : request.columns);
  const declared = request.key ?? description.primaryKey;
  const named = declared.flatMap((name) => columns.filter((column) => column.name === name));
  const key = named.length === declared.length ? named : [];
  const expected = await expectedSides(connection, { request, table, sides: { actual: table.sql, columns, key } });
  // Which rows of the target are meant shows only beside those of the parts.
  if (!request.allRows) await expected.takeParts();
  const buckets = await postgresBuckets(connection, { request, table, description, expected });
  return { ...checkedTable(connection, { ...checking, expected }), buckets };
}

interface Prepared extends Checking {
  readonly expected: ExpectedSides;
}

function checkedTable(connection: Connection, { request, table, description, expected }: Prepared): CheckedTable {
  const counted = new Map<Sql, number>();
  // A foreign key of the catalog and a relationship of the specification are often the same question.
  const count = async (select: Sql): Promise<number> => {
    const known = counted.get(select) ?? Number((await connection.query<{ count: string }>(select))[0]?.count);
    counted.set(select, known);
    return known;
  };
  const sides = expected.of("parts");
  const rows = comparedRows(sides);
  const dialect = testDialect(connection, { table, rows });
  const child = { rows, description };
  return {
    description,
    ...(expected.takesNoRows === undefined ? {} : { takesNoRows: expected.takesNoRows }),
    compare: () => compareParts(connection, { request, table, description, expected }),
    compareSample: async (part) => {
      await expected.takeSample(part);
      return await compareTables(connection, expected, { of: "sample", expected: part.rowCount });
    },
    compareGiven: async (rows) => {
      expected.give("sample", { expected: givenRows(sides.columns, rows) });
      return await compareTables(connection, expected, { of: "sample", expected: rows.length });
    },
    differences: (comparison, limit) =>
      copyOut(connection, selectDifferences(expected.of(comparison.of), comparison, limit)),
    pairedRows: ({ of }, limit) => copyOut(connection, pairedByKey(expected.of(of), limit)),
    compareAggregate: async (aggregate) => {
      const floats = description.columns.filter(({ databaseType }) => /^(?:real|double precision)$/.test(databaseType));
      const given = await expected.takeParts();
      const sides = {
        expected: given,
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

async function compareParts(connection: Connection, prepared: Prepared): Promise<Comparison> {
  const { request, expected } = prepared;
  const found = request.allRows ? await compareReadBack(connection, prepared) : undefined;
  if (found !== undefined) return found;
  await expected.takeParts();
  return await compareTables(connection, expected, { of: "parts", expected: sumOf(request.parts) });
}

function compareTables(
  connection: Connection,
  expected: ExpectedSides,
  sizes: Pick<Comparison, "of" | "expected">,
): Promise<Comparison> {
  return compareRows(comparedTables(connection, expected.of(sizes.of)), sizes);
}

async function compareReadBack(connection: Connection, prepared: Prepared): Promise<Comparison | undefined> {
  const { request, table, expected } = prepared;
  const { columns } = expected.of("parts");
  // Else a server to whom others read the same large table begins in the midst of it.
  await connection.execute(sql`SET LOCAL synchronize_seqscans = off`);
  const copy: ReadBack["copy"] = ({ like, limit }) => {
    const texts = spelledLike(columns, like, spelledAs);
    const first = limit === undefined ? sql`` : sql` LIMIT ${trusted(String(limit))}`;
    return copyOut(connection, sql`SELECT ${joined(texts)} FROM ${table.sql}${first}`);
  };
  return await compareByReading({ parts: request.parts, copy }, suspectSides(connection, prepared));
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
