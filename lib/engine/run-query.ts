import { join as joinPath } from "node:path";
import { PartWriter } from "../files/part-writer.js";
import { appendPlainFile, finishPart } from "../files/plain-file.js";
import { makeFolder } from "../files/work-directory.js";
import type { Migration, Query, Table } from "../mapping/migration.js";
import { queryExtract, wideLineage } from "../mapping/query.js";
import { identifier, join, parenthesised, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import { hashOf } from "../model/hash.js";
import { buildManifest, filesOf, type Manifest, type Resource } from "../model/manifest.js";
import { extractName } from "../model/names.js";
import { fieldOf, partName, resourceOf } from "../model/resource.js";
import { asked, describeQuery, faultOf, makeView, type QueryTable } from "./describe-query.js";
import { type EngineConnection, openEngine } from "./duckdb.js";
import { assertChecksums } from "./map-part.js";
import { foldersOf, type TransformInputs } from "./mapping-inputs.js";
import type { ExtractInput } from "./plan-mapping.js";
import { copyTo, isWrongChecksum, number, readCsv, rowText } from "./read-csv.js";
import { sourceColumnsOf } from "./source-columns.js";

/** Rows of a part of a query's result. */
const partRows = 250_000;

/**
 * Runs the queries among the tables of a ring. Their results, parts like those of an extract, lie in `folder`, which is
 * the caller's to remove; in what comes back each stands in the place of the extracts that it was made from.
 */
export async function withQueries(
  migration: Migration,
  inputs: TransformInputs,
  folder: string,
): Promise<TransformInputs> {
  if (inputs.ring.every(({ table }) => table.query === undefined)) return inputs;
  const spillFolder = joinPath(folder, "spill");
  const engine = await openEngine({ spillFolder, folders: foldersOf(inputs) });
  try {
    const ring = [];
    for (const [index, one] of inputs.ring.entries()) {
      const { table, extracts } = one;
      const { query } = table;
      if (query === undefined) ring.push(one);
      else {
        const connection = await engine.connect();
        const out = { folder: joinPath(folder, String(index)), plain: joinPath(spillFolder, "plain.csv") };
        ring.push({ ...one, extracts: [await runQuery(connection, { migration, table, query, extracts, ...out })] });
        connection.close();
      }
    }
    const own = ring.find(({ table }) => table.name === inputs.table.name) ?? inputs;
    return { ...inputs, ...own, ring };
  } finally {
    engine.close();
  }
}

interface QueryToRun {
  readonly migration: Migration;
  readonly table: Table;
  readonly query: Query;
  readonly extracts: readonly ExtractInput[];
  readonly folder: string;
  readonly plain: string;
}

async function runQuery(connection: EngineConnection, run: QueryToRun): Promise<ExtractInput> {
  const { table, query, folder } = run;
  const extracts = run.extracts.map(({ manifest }) => ({
    name: extractName(manifest._waybill.subject),
    columns: sourceColumnsOf(manifest),
  }));
  const declared = run.migration.extracts.map(({ name }) => name);
  const queried: QueryTable = { table, query, extracts, declared };
  for (const [index, input] of run.extracts.entries()) {
    const extract = extracts[index];
    if (extract === undefined) throw new RangeError(`no extract ${index}`);
    await assertRead(connection, input);
    await makeView(connection, extract, readCsv(input.folder, filesOf(input.manifest, "part")));
  }
  const columns = await describeQuery(connection, queried);
  const names = columns.map(({ name }) => identifier(name));
  const key = query.lineage === undefined ? columns.map(({ name }) => name) : [query.lineage.column];
  // A total order: whatever way the engine takes, the same rows lie in the same places.
  const texts = names.map((name) => sql`CAST(q.${name} AS VARCHAR) AS ${name}`);
  const order = [...key.map(identifier), ...names].map((name) => sql`${name} NULLS FIRST`);
  await asked(queried, () =>
    connection.run(
      sql`CREATE TEMP TABLE "~query" AS SELECT * FROM (SELECT ${join(texts, ", ")} FROM ${parenthesised(query.sql)} AS q) ORDER BY ${join(order, ", ")}`,
    ),
  );
  await assertLineage(connection, run);
  const fields = columns.map(fieldOf);
  await makeFolder(folder);
  const parts = await writeParts(connection, run, fields);
  return { folder, manifest: resultManifest(run, parts, key) };
}

// What the engine makes of a query nobody sees row by row: that it reads every row, and no other, is proved first.
async function assertRead(connection: EngineConnection, { folder, manifest }: ExtractInput): Promise<void> {
  const { details, subject } = manifest._waybill;
  const text = rowText(sourceColumnsOf(manifest).map(({ name, type }) => ({ value: identifier(name), type })));
  for (const part of filesOf(manifest, "part")) {
    const [[found] = []] = await connection.rows(sql`SELECT count(*) FROM ${readCsv(folder, [part])}`);
    if (Number(found) !== part._rowCount) {
      const what = `${joinPath(folder, part.path)}: its manifest promises ${part._rowCount} rows, the transform engine reads ${found}`;
      throw new StageError("integrity", what, "report this: one of the two counts wrongly");
    }
    if (details.rowChecksum !== true) continue;
    const rows = sql`(SELECT row_number() OVER () - 1 AS "~row", * FROM ${readCsv(folder, [part])})`;
    const wrong = sql`SELECT count(*), min("~row") FROM ${rows} WHERE ${isWrongChecksum(text)}`;
    await assertChecksums(connection, { folder, part, extract: extractName(subject), wrong });
  }
}

// The ledger says of which row of the extract each row is: it must not say so of rows that are not there.
async function assertLineage(connection: EngineConnection, { table, query, extracts }: QueryToRun): Promise<void> {
  const { lineage } = query;
  if (lineage === undefined) return;
  const { column, of } = lineage;
  const manifest = extracts.find((one) => one.manifest._waybill.subject === of)?.manifest;
  const key = (manifest?._waybill.details.key ?? []) as readonly string[];
  const [name] = key;
  if (name === undefined || key.length > 1) throw faultOf(table, "lineage", wideLineage(of, key));
  const known = sql`SELECT ${identifier(name)} FROM ${identifier(of)} WHERE ${identifier(name)} IS NOT NULL`;
  const [[strange] = []] = await connection.rows(
    sql`SELECT count(*) FROM "~query" WHERE ${identifier(column)} IS NOT NULL AND ${identifier(column)} NOT IN (${known})`,
  );
  if (strange === "0") return;
  const text = `lineage: in ${strange} rows of the query ${column} holds no ${name} of ${of}`;
  throw faultOf(table, "lineage", [text, `select ${of}.${name} as it is, or write lineage: none`]);
}

async function writeParts(
  connection: EngineConnection,
  { folder, plain }: QueryToRun,
  fields: Resource["schema"]["fields"],
): Promise<readonly Resource[]> {
  const columns = fields.map(({ name }) => name);
  const selected = join(columns.map(identifier), ", ");
  const [[total] = []] = await connection.rows(sql`SELECT count(*) FROM "~query"`);
  const parts: Resource[] = [];
  do {
    const first = parts.length * partRows;
    const path = partName("part", parts.length);
    const writer = await PartWriter.create(joinPath(folder, path), { columns });
    const rows = sql`SELECT ${selected} FROM "~query" WHERE rowid >= ${number(first)} AND rowid < ${number(first + partRows)} ORDER BY rowid`;
    await connection.rows(copyTo(plain, rows));
    await appendPlainFile(plain, writer);
    parts.push(resourceOf(await finishPart(writer), { path, role: "part", fields }));
  } while (parts.length * partRows < Number(total));
  return parts;
}

// As an extract would state them; it is never written, for the result is gone when its table is mapped.
function resultManifest(
  { migration, query }: QueryToRun,
  parts: readonly Resource[],
  key: readonly string[],
): Manifest {
  return buildManifest(parts, {
    stage: "extract",
    subject: queryExtract(query),
    migration: migration.id,
    fingerprint: hashOf({ query: query.sql }),
    inputs: [],
    snapshots: [],
    counts: { read: parts.reduce((sum, { _rowCount }) => sum + _rowCount, 0) },
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: { key, keyKind: query.lineage === undefined ? "whole row" : "declared", rowChecksum: false },
  });
}
