import type { PlannedPart } from "../../lib/engine/map-part.js";
import { selectWritten } from "../../lib/engine/output-sql.js";
import type { MappingPlan } from "../../lib/engine/plan-mapping.js";
import { copyTo, keyText, readCsv, rowText } from "../../lib/engine/read-csv.js";
import { identifier, join, literal, sql } from "../../lib/mapping/sql.js";
import type { Resource } from "../../lib/model/manifest.js";
import type { Sql } from "../../lib/model/names.js";

/** Files of one stage's folder. */
export interface Files {
  readonly folder: string;
  readonly files: readonly Resource[];
}

/** The engine's tables that an extract's sample is taken with. */
export interface SampleTables {
  readonly candidates: Sql;
  readonly sampled: Sql;
  readonly live: Sql;
  readonly unchanged: Sql;
}

/** An extract whose rows are sampled: its plan, and the tables of its own. */
export interface SampledExtract {
  readonly plan: MappingPlan;
  readonly tables: SampleTables;
}

/** An extract's rows that were read again, and the plain file to write what is made of them. */
export interface SamplePart extends PlannedPart, SampledExtract {
  readonly path: string;
}

/** Tables for the sample of a table's n-th extract. */
export function sampleTables(index: number): SampleTables {
  const named = (name: string): Sql => identifier(`sample_${name}_${index}`);
  return {
    candidates: named("candidates"),
    sampled: named("sampled"),
    live: named("live"),
    unchanged: named("unchanged"),
  };
}

/** The hash of a key that is not larger than that of `share` of all keys: 32 hex digits. */
export function hashLimit(share: number): string {
  if (share >= 1) return "f".repeat(32);
  // 48 bits are as many as a double holds exactly, and enough: the rest of the digits says nothing.
  return Math.floor(share * 2 ** 48)
    .toString(16)
    .padStart(12, "0")
    .padEnd(32, "0");
}

/** Reads all rows of files whose key's hash is within the limit: rows of one key are taken together. */
export function makeCandidates({ plan, tables }: SampledExtract, { folder, files }: Files, limit: string): Sql {
  return sql`CREATE TABLE ${tables.candidates} AS SELECT * FROM (${hashed(plan, readCsv(folder, files))}) WHERE "~hash" <= ${literal(limit)}`;
}

/** Keeps as many keys, in the order of their hash, as it takes to have `rowCount` rows. */
export function makeSampled({ tables }: SampledExtract, rowCount: number): Sql {
  return sql`CREATE TABLE ${tables.sampled} AS SELECT * FROM ${tables.candidates} WHERE "~hash" IN
    (SELECT "~hash" FROM (SELECT "~hash", sum(count(*)) OVER (ORDER BY "~hash") - count(*) AS before FROM ${tables.candidates} GROUP BY "~hash")
     WHERE before < ${literal(String(rowCount))}::BIGINT)`;
}

/** The keys of the sample, column by column. */
export function selectKeys({ plan, tables }: SampledExtract): Sql {
  return sql`SELECT DISTINCT ${join(plan.key.map(identifier), ", ")} FROM ${tables.sampled} ORDER BY ALL`;
}

/** Makes the table of the rows read again from the live source, as their files hold them. */
export function makeLive({ plan, tables }: SampledExtract, { folder, files }: Files): Sql {
  return sql`CREATE TABLE ${tables.live} AS ${hashed(plan, readCsv(folder, files))}`;
}

/** Keys whose rows, all of them, are in the source as they were in the snapshot. */
export function makeUnchanged({ plan, tables }: SampledExtract): Sql {
  const row = sql`md5(${rowText(plan.sourceColumns.map(({ name, type }) => ({ value: identifier(name), type })))})`;
  const signed = (table: Sql): Sql =>
    sql`(SELECT "~hash", string_agg(${row}, '' ORDER BY ${row}) AS signature FROM ${table} GROUP BY "~hash")`;
  return sql`CREATE TABLE ${tables.unchanged} AS SELECT "~hash" FROM ${signed(tables.sampled)} JOIN ${signed(tables.live)} USING ("~hash", signature)`;
}

/** One row: how many rows were sampled, and how many of them are of keys that have not changed. */
export function countSampled({ tables }: SampledExtract): Sql {
  return sql`SELECT count(*), count(*) FILTER ("~hash" IN (SELECT "~hash" FROM ${tables.unchanged})) FROM ${tables.sampled}`;
}

/** Of rows that steps prepared, writes those of the sample, in their order. */
export function copySampled(
  { plan, tables }: SampledExtract,
  { path, columns, files }: { readonly path: string; readonly columns: readonly string[]; readonly files: Files },
): Sql {
  const rows = readCsv(files.folder, files.files);
  return copyTo(
    path,
    sql`SELECT ${join(columns.map(identifier), ", ")} FROM ${rows} WHERE ${keyHash(plan)} IN (SELECT "~hash" FROM ${tables.sampled})`,
  );
}

/**
 * Writes what the mapping made of the unchanged rows. Duplicates beyond one key were settled among all rows, so what
 * the ledger says of them holds here too.
 */
export function copyMapped({ plan, tables }: SampledExtract, path: string, ledger: Files | undefined): Sql {
  const unchanged = sql`AND ${keyHash(plan)} IN (SELECT "~hash" FROM ${tables.unchanged})`;
  const settled =
    ledger === undefined
      ? sql``
      : sql`AND NOT EXISTS (SELECT 1 FROM ${readCsv(ledger.folder, ledger.files)} AS l
    WHERE l.disposition <> 'written' AND l.extract = ${literal(plan.extract)} AND l.key IS NOT DISTINCT FROM ${keyText(plan.key)} AND l.occurrence::BIGINT = "~occurrence")`;
  return copyTo(path, sql`${selectWritten(plan)} ${unchanged} ${settled}`);
}

function hashed(plan: MappingPlan, rows: Sql): Sql {
  return sql`SELECT *, ${keyHash(plan)} AS "~hash" FROM ${rows}`;
}

function keyHash(plan: MappingPlan): Sql {
  return sql`md5(coalesce(${keyText(plan.key)}, ''))`;
}
