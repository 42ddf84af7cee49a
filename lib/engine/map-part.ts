import { join } from "node:path";
import { sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import type { Resource } from "../model/manifest.js";
import { blameRule } from "./blame-rule.js";
import type { EngineConnection } from "./duckdb.js";
import { followParents } from "./follow-parents.js";
import { countMapped, dropMapped, makeMapped, numberOccurrences, sortMapped } from "./mapped-sql.js";
import { selectWrongChecksums } from "./output-sql.js";
import type { MappingPlan } from "./plan-mapping.js";
import { cascadeRound, dropLostReferences, followWinners } from "./self-links.js";
import {
  addCandidates,
  applySettled,
  firstPass,
  makeSettleTables,
  markCandidates,
  numberAcrossParts,
  ownPart,
  settleDuplicates,
  type Tables,
} from "./settle-sql.js";

/** One part of an extract, on its way into the connection's table `mapped`. */
export interface PartToMap {
  readonly folder: string;
  readonly part: Resource;
  readonly index: number;
}

/** Maps one part: afterwards the connection's table `mapped` holds every row's values and where it goes. */
export async function mapPart(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part, index }: PartToMap,
): Promise<void> {
  await readPart(connection, plan, { folder, part });
  if (plan.hasRowChecksum) await assertRowChecksums(connection, plan, { folder, part });
  await runAll(connection, [numberOccurrences(plan) ?? []].flat());
  if (!plan.needsFirstPass) await settleOwnPart(connection, plan, index);
  await runAll(connection, applySettled(plan, plan.needsFirstPass ? firstPass : ownPart, index));
}

async function readPart(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part }: Omit<PartToMap, "index">,
): Promise<void> {
  // CREATE OR REPLACE would hold both: with two connections that was more than the memory limit, and spilled.
  await connection.run(dropMapped());
  try {
    await connection.run(makeMapped(plan, folder, part));
  } catch (error) {
    await blameRule(connection, plan, { folder, part, error });
  }
  const [[found, moved] = []] = await connection.rows(countMapped());
  assertRows(Number(found), folder, part);
  // Nothing in the statement should move a row; were a later DuckDB to, the files must not show it.
  if (moved !== "0") await connection.run(sortMapped());
  await runAll(connection, followParents(plan));
}

/** Adds one part to the first pass; the first part, index 0, has to come before the others. */
export async function addToFirstPass(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part, index }: PartToMap,
): Promise<void> {
  await readPart(connection, plan, { folder, part });
  await runAll(connection, [numberOccurrences(plan) ?? []].flat());
  if (index === 0) await runAll(connection, makeSettleTables(plan, firstPass, false));
  await connection.run(addCandidates(plan, firstPass, index));
}

/** Settles, over all parts, which rows are duplicates and which have lost their parent in the same table. */
export async function settleFirstPass(connection: EngineConnection, plan: MappingPlan): Promise<void> {
  await runAll(connection, numberAcrossParts(plan, firstPass));
  await runAll(connection, settleDuplicates(plan, firstPass));
  await runAll(connection, markCandidates(firstPass));
  await runAll(connection, followWinners(plan, firstPass));
  await cascade(connection, plan, firstPass);
  await runAll(connection, dropLostReferences(plan, firstPass));
}

async function settleOwnPart(connection: EngineConnection, plan: MappingPlan, index: number): Promise<void> {
  await runAll(connection, makeSettleTables(plan, ownPart, true));
  if (plan.table.dedupe === undefined) return;
  await connection.run(addCandidates(plan, ownPart, index));
  await runAll(connection, settleDuplicates(plan, ownPart));
}

// Each round may orphan further rows; a chain of n generations takes n rounds.
async function cascade(connection: EngineConnection, plan: MappingPlan, tables: Tables): Promise<void> {
  const round = cascadeRound(plan, tables);
  if (round.length === 0) return;
  for (;;) {
    const before = await countRows(connection, tables);
    await runAll(connection, round);
    if ((await countRows(connection, tables)) === before) return;
  }
}

async function countRows(connection: EngineConnection, tables: Tables): Promise<string | null | undefined> {
  return (await connection.rows(sql`SELECT count(*) FROM ${tables.settled}`))[0]?.[0];
}

function assertRows(found: number, folder: string, part: Resource): void {
  if (found === part._rowCount) return;
  throw new StageError(
    "integrity",
    `${join(folder, part.path)}: its manifest promises ${part._rowCount} rows, the transform engine reads ${found}`,
    "report this: one of the two counts wrongly",
  );
}

async function assertRowChecksums(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part }: Omit<PartToMap, "index">,
): Promise<void> {
  const [[wrong, first] = []] = await connection.rows(selectWrongChecksums(plan));
  if (Number(wrong) === 0) return;
  throw new StageError(
    "integrity",
    `${join(folder, part.path)}: ${String(wrong)} of ${part._rowCount} rows do not match the checksum the source server computed, the first is row ${Number(first) + 1}`,
    `extract it again: waybill extract ${plan.table.from} --force`,
  );
}

async function runAll(
  connection: EngineConnection,
  statements: readonly Parameters<EngineConnection["run"]>[0][],
): Promise<void> {
  for (const statement of statements) await connection.run(statement);
}
