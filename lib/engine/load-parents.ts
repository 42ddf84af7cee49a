import { identifier, literal, sql } from "../mapping/sql.js";
import { filesOf, type Manifest } from "../model/manifest.js";
import type { Sql } from "../model/names.js";
import type { EngineConnection } from "./duckdb.js";
import type { ParentLink } from "./plan-mapping.js";
import { readCsv, withPlaces } from "./read-csv.js";

/** A parent's transform, verified: where it lies and what it promises. */
export interface ParentOutput {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The keys that are wanted, as a list of literals; all of them without it. */
  readonly only?: Sql;
}

/**
 * Makes the table of a parent's keys: those that were written, and those that were not, each with the rule that kept it
 * out and, for a deduplicated one, the winner's key.
 */
export async function loadParent(
  connection: EngineConnection,
  link: ParentLink,
  { folder, manifest, only }: ParentOutput,
): Promise<void> {
  if (link.keys === undefined) return;
  const files = filesOf(manifest, "part");
  const place = files[0]?.schema.fields.findIndex(({ name }) => name === link.relationship.parentColumn);
  const column = identifier(`c${place}`);
  const parts = readCsv(folder, withPlaces(files));
  const written = sql`SELECT DISTINCT ${column} AS key FROM ${parts} WHERE ${column} IS NOT NULL${among(column, only)}`;
  await connection.run(sql`CREATE TABLE ${link.keys} AS
    SELECT key AS "~key", true AS "~written", NULL::VARCHAR AS "~winner", NULL::VARCHAR AS "~rule" FROM (${written})`);
  // The ledger knows target keys; a reference to another column of the parent cannot be explained further.
  if (String(manifest._waybill.details.targetKey) !== link.relationship.parentColumn) return;
  await connection.run(gone(link.keys, readCsv(folder, filesOf(manifest, "ledger")), only));
}

function among(value: Sql, only: Sql | undefined): Sql {
  return only === undefined ? sql`` : sql` AND ${value} IN (${only})`;
}

function gone(keys: Sql, ledger: Sql, only: Sql | undefined): Sql {
  return sql`INSERT INTO ${keys} SELECT target_key, false,
      min(winner_target_key) FILTER (winner_target_key IN (SELECT "~key" FROM ${keys})), min(rule)
    FROM ${ledger} WHERE disposition <> ${literal("written")} AND target_key IS NOT NULL${among(sql`target_key`, only)}
      AND target_key NOT IN (SELECT "~key" FROM ${keys}) GROUP BY target_key`;
}
