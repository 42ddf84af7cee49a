import type { Table } from "../mapping/migration.js";
import { identifier, join, literal, sql } from "../mapping/sql.js";
import { filesOf, type Manifest } from "../model/manifest.js";
import type { Sql } from "../model/names.js";
import type { EngineConnection } from "./duckdb.js";
import type { OutsideParent, ParentLink } from "./plan-mapping.js";
import { readCsv, withPlaces } from "./read-csv.js";
import { makeSourceKeys } from "./source-keys.js";

/** A parent's transform, verified: where it lies and what it promises. */
export interface ParentOutput {
  readonly table: Table;
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface LoadedParent extends ParentOutput {
  /** The values of the child's column that are wanted; all of them without it. */
  readonly only?: readonly (string | null)[];
}

/**
 * Makes the tables of a parent: its keys, those that were written and those that were not, each with the rule that kept
 * it out and, for a deduplicated one, the winner's key; and what became of its source keys, for who refers to these.
 */
export async function loadParent(connection: EngineConnection, link: ParentLink, parent: LoadedParent): Promise<void> {
  const { outside } = link;
  if (outside === undefined) return;
  let wanted = parent.only;
  if (link.relationship.translates !== undefined) {
    const lines = ledgerLines(link, parent);
    for (const statement of makeSourceKeys(outside.sourceKeys, lines, false)) await connection.run(statement);
    wanted &&= await valuesOf(connection, sql`SELECT "~target" FROM ${outside.sourceKeys}`);
  }
  // A reference to a deduplicated parent follows its winner, which has to be there to be followed.
  wanted &&= [...wanted, ...(await valuesOf(connection, selectWinners(parent, wanted)))];
  await loadKeys(connection, link, { ...parent, outside, wanted });
}

interface Keys extends LoadedParent {
  readonly outside: OutsideParent;
  readonly wanted: readonly (string | null)[] | undefined;
}

async function loadKeys(connection: EngineConnection, { relationship }: ParentLink, parent: Keys): Promise<void> {
  const { folder, manifest, outside, wanted } = parent;
  const files = filesOf(manifest, "part");
  const place = files[0]?.schema.fields.findIndex(({ name }) => name === relationship.parentColumn);
  const column = identifier(`c${place}`);
  const parts = readCsv(folder, withPlaces(files));
  const written = sql`SELECT DISTINCT ${column} AS key FROM ${parts} WHERE ${column} IS NOT NULL${among(column, wanted)}`;
  await connection.run(sql`CREATE TABLE ${outside.keys} AS
    SELECT key AS "~key", true AS "~written", NULL::VARCHAR AS "~winner", NULL::VARCHAR AS "~rule" FROM (${written})`);
  // The ledger knows target keys; a reference to another column of the parent cannot be explained further.
  if (String(manifest._waybill.details.targetKey) !== relationship.parentColumn) return;
  await connection.run(sql`INSERT INTO ${outside.keys} SELECT target_key, false,
      min(winner_target_key) FILTER (winner_target_key IN (SELECT "~key" FROM ${outside.keys})), min(rule)
    FROM ${ledgerOf(parent)} WHERE disposition <> ${literal("written")} AND target_key IS NOT NULL${among(sql`target_key`, wanted)}
      AND target_key NOT IN (SELECT "~key" FROM ${outside.keys}) GROUP BY target_key`);
}

// A row that lost its own parent, or a duplicate's winner that did, had its key before: whether that is there is asked
// of the keys, as for every reference. One that a rule of its own kept out never became anything.
function ledgerLines({ relationship }: ParentLink, parent: LoadedParent): Sql {
  const cascade = parent.table.relationships.map(({ rule }) => literal(rule));
  return sql`SELECT key, CASE WHEN disposition = 'deduplicated' THEN coalesce(winner_target_key, target_key)
      WHEN disposition = 'written' OR rule IN (${join([literal(null), ...cascade], ", ")}) THEN target_key END AS target, rule
    FROM ${ledgerOf(parent)} WHERE extract = ${literal(relationship.translates?.extract ?? null)}${among(sql`key`, parent.only)}`;
}

function selectWinners(parent: ParentOutput, wanted: readonly (string | null)[]): Sql {
  return sql`SELECT DISTINCT winner_target_key FROM ${ledgerOf(parent)}
    WHERE winner_target_key IS NOT NULL${among(sql`target_key`, wanted)}`;
}

function ledgerOf({ folder, manifest }: ParentOutput): Sql {
  return readCsv(folder, filesOf(manifest, "ledger"));
}

// As literals, not as a subquery: for that one the engine would keep the large file in memory instead of the short list.
function among(value: Sql, only: readonly (string | null)[] | undefined): Sql {
  if (only === undefined) return sql``;
  return sql` AND ${value} IN (${join([null, ...only].map(literal), ", ")})`;
}

async function valuesOf(connection: EngineConnection, select: Sql): Promise<readonly (string | null)[]> {
  return (await connection.rows(select)).map(([value = null]) => value);
}
