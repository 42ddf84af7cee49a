// What holds of a check:
// 1. Every answer is of one state of the target: one transaction, its snapshot taken before the first row arrives.
// 2. The transaction is READ ONLY: the server lets it change temporary tables and nothing else.
// 3. The temporary tables are made before it begins, since the server would not let it make any, and are gone afterwards.
import { join, number, sql } from "../../../mapping/sql.js";
import type { Sql } from "../../../model/names.js";
import { answerTest } from "../../answer-test.js";
import {
  type CheckedTable,
  type CheckRequest,
  type Checks,
  type Comparison,
  differenceColumns,
  type ExpectedRows,
} from "../../checks-port.js";
import { compareRows } from "../../compare-rows.js";
import type { DatabaseTable } from "../../port.js";
import { compareByReading, type ReadBack, spelledLike } from "../../read-back.js";
import type { PartToLoad } from "../../target-port.js";
import { engineOf, type FoundTable, findTable, identityOf } from "../catalog.js";
import { describeTable } from "../describe-table.js";
import { connectTarget, type TargetConnection } from "../load/target-connection.js";
import { structureOf } from "../structure.js";
import { compareAggregate } from "./aggregate-sql.js";
import { mysqlBuckets } from "./buckets.js";
import { comparedTables, copyDifferences, copyPaired, copySelected } from "./compare.js";
import { type ComparedColumn, comparedColumns } from "./compare-columns.js";
import { comparedRows } from "./compare-sql.js";
import { createExpected, dropExpected, type ExpectedSides, enlarge, expectedSides } from "./expected-rows.js";
import { countOrphans, listOrphans } from "./references.js";
import { printsTellApart, spelledAs } from "./spelled-as.js";
import { suspectSides } from "./suspect-sides.js";
import { testDialect } from "./test-dialect.js";

/** Connects to a MySQL or MariaDB target that is to be checked. */
export async function openMysqlChecks(url: string, { application }: { readonly application: string }): Promise<Checks> {
  const connection = await connectTarget(url, { application, access: "write" });
  await enlarge(connection);
  return {
    identity: await identityOf(connection),
    checkTable: async (request, work) => {
      const checking = await prepare(connection, request);
      try {
        await connection.execute(sql`START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY`);
        // Which rows of the target are meant shows only beside those of the parts.
        if (!request.allRows) await checking.expected.takeParts();
        return await work(await checkedTable(connection, checking));
      } finally {
        // Where the session is gone, so are its transaction and its temporary tables.
        await connection.execute(sql`ROLLBACK`).catch(() => undefined);
        await dropExpected(connection).catch(() => undefined);
      }
    },
    close: () => connection.close(),
  };
}

interface Checking {
  readonly request: CheckRequest;
  readonly table: FoundTable;
  readonly description: DatabaseTable;
  readonly columns: readonly ComparedColumn[];
  readonly expected: ExpectedSides;
}

async function prepare(connection: TargetConnection, request: CheckRequest): Promise<Checking> {
  const table = await findTable(connection, request.table);
  const description = await describeTable(connection, table);
  const all = description.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const names = request.columns.length === 0 ? all : request.columns;
  const columns = await comparedColumns(connection, { table, description }, names);
  const refusal = await createExpected(connection, table, names);
  const declared = request.key ?? description.primaryKey;
  const named = declared.flatMap((name) => columns.filter((column) => column.name === name));
  const key = named.length === declared.length ? named : [];
  const expected = expectedSides(connection, { request, sides: { actual: table.sql, columns, key }, refusal });
  return { request, table, description, columns, expected };
}

async function checkedTable(connection: TargetConnection, checking: Checking): Promise<CheckedTable> {
  const { request, table, description, columns, expected } = checking;
  const { engine, isTransactional } = await engineOf(connection, table);
  const counted = new Map<Sql, number>();
  // A foreign key of the catalog and a relationship of the specification are often the same question.
  const count = async (select: Sql): Promise<number> => {
    const known = counted.get(select) ?? Number((await connection.query(select))[0]?.[0]);
    counted.set(select, known);
    return known;
  };
  const sides = expected.of("parts");
  const rows = comparedRows(sides);
  const dialect = testDialect(connection, { table, rows });
  const child = { table, rows, description, columns, key: sides.key };
  const compare = async (of: ExpectedRows, rowCount: number) => {
    const comparison = await compareRows(comparedTables(connection, expected.of(of)), { of, expected: rowCount });
    if (comparison.extra > 0) await expected.copyAgain(expected.of(of));
    return comparison;
  };
  return {
    description,
    ...(engine !== undefined &&
      !isTransactional && {
        notOfOneState: `${engine} knows no transactions: what others write to the table meanwhile may show`,
      }),
    ...(expected.refusal === undefined ? {} : { takesNoRows: expected.refusal.message }),
    buckets: await mysqlBuckets(connection, checking),
    compare: async () => {
      const found = request.allRows ? await compareReadBack(connection, checking) : undefined;
      if (found !== undefined) return found;
      await expected.takeParts();
      return await compare("parts", sumOf(request.parts));
    },
    compareSample: async (part) => {
      await expected.takeSample(part);
      return await compare("sample", part.rowCount);
    },
    differences: (comparison, limit) => copyDifferences(connection, expected.of(comparison.of), comparison, limit),
    pairedRows: ({ of }, limit) => copyPaired(connection, expected.of(of), limit),
    compareAggregate: async (aggregate) => {
      const own = await expected.takeParts();
      if (!own.allRows) await expected.copyAgain(own);
      const statement = compareAggregate(
        { expected: own.expected, actual: comparedRows(own, own.again), description, columns },
        aggregate,
      );
      const [[groups, differing] = []] = await connection.query(statement);
      return { groups: Number(groups), differing: Number(differing) };
    },
    answer: (test) => answerTest({ description, dialect, count }, test),
    select: (select) => copySelected(connection, select),
    structure: () => structureOf(connection, table),
    countOrphans: async (reference) => await count(await countOrphans(connection, child, reference)),
    orphans: async (reference, limit) => {
      const select = await listOrphans(connection, child, { reference, limit });
      return connection.copyTo(select, { extract: "orphans", columns: differenceColumns });
    },
  };
}

async function compareReadBack(connection: TargetConnection, checking: Checking): Promise<Comparison | undefined> {
  const { request, table, columns } = checking;
  if (!printsTellApart(columns)) return undefined;
  const names = columns.map(({ name }) => name);
  const copy: ReadBack["copy"] = ({ like, limit }) => {
    const texts = spelledLike(columns, like, spelledAs);
    const first = limit === undefined ? sql`` : sql` LIMIT ${number(limit)}`;
    // Without an index: one that holds all the columns would be read in its own order.
    const select = sql`SELECT ${join(texts, ", ")} FROM ${table.sql} AS source USE INDEX ()${first}`;
    // What no file may hold is told apart by its being mended at all.
    return connection.copyTo(select, {
      extract: request.table,
      columns: names,
      mending: { policy: "replace", rowChecksum: undefined },
    });
  };
  return await compareByReading({ parts: request.parts, copy }, suspectSides(connection, checking));
}

function sumOf(parts: readonly PartToLoad[]): number {
  return parts.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
