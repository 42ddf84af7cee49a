import { join } from "node:path";
import { join as joinSql, sql } from "../mapping/sql.js";
import { StageError } from "../model/errors.js";
import { filesOf, type Resource } from "../model/manifest.js";
import type { ExtractName, Sql } from "../model/names.js";
import { blameRule } from "./blame-rule.js";
import type { EngineConnection } from "./duckdb.js";
import { followParents } from "./follow-parents.js";
import { countMapped, dropMapped, makeMapped, numberOccurrences, sortMapped } from "./mapped-sql.js";
import { selectWrongChecksums } from "./output-sql.js";
import type { MappingPlan } from "./plan-mapping.js";
import { cascadeRound, dropLostReferences, followWinners, ringLinks, translateKeys } from "./ring-links.js";
import {
  addCandidates,
  applySettled,
  makeSettleTables,
  markCandidates,
  numberAcrossParts,
  ownPart,
  settleDuplicates,
} from "./settle-sql.js";
import { rejectWritten } from "./written-before.js";

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
  const wrong = selectWrongChecksums(plan);
  if (plan.hasRowChecksum) await assertChecksums(connection, { folder, part, extract: plan.extract, wrong });
  await runAll(connection, [numberOccurrences(plan) ?? []].flat());
  if (!plan.needsFirstPass) await settleOwnPart(connection, plan, index);
  await runAll(connection, applySettled(plan, plan.needsFirstPass ? plan.firstPass : ownPart, index));
}

/**
 * Maps rows by what each of them says alone, whatever others it has to do with: afterwards `mapped` holds their values, and
 * the first rule that keeps a row out for its own sake. Their checksums are proved.
 */
export async function mapAlone(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part }: Omit<PartToMap, "index">,
): Promise<void> {
  await connection.run(dropMapped());
  await connection.run(makeMapped(plan, folder, part));
  const wrong = selectWrongChecksums(plan);
  if (plan.hasRowChecksum) await assertChecksums(connection, { folder, part, extract: plan.extract, wrong });
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
  if (plan.isReplay) await runAll(connection, rejectWritten(plan));
}

/** A part with the plan of the extract it is of. The parts of all extracts of a table are numbered through. */
export interface PlannedPart extends PartToMap {
  readonly plan: MappingPlan;
}

/** The parts of one extract. */
export function extractParts(plan: MappingPlan): readonly PlannedPart[] {
  const { folder, manifest } = plan.input;
  return filesOf(manifest, "part").map((part, index) => ({ plan, folder, part, index }));
}

/** Settles, over these parts of all tables of a ring, what rows owe to one another, where any of them needs that. */
export async function firstPassOver(
  connection: EngineConnection,
  ring: readonly (readonly PlannedPart[])[],
): Promise<void> {
  const tables = ring.flatMap(([first]) => first?.plan ?? []);
  if (!tables.some(({ needsFirstPass }) => needsFirstPass)) return;
  for (const { plan, ...part } of ring.flat()) if (plan.needsFirstPass) await addToFirstPass(connection, plan, part);
  await settleFirstPass(connection, tables);
}

// The first part, index 0, has to come before the others.
async function addToFirstPass(
  connection: EngineConnection,
  plan: MappingPlan,
  { folder, part, index }: PartToMap,
): Promise<void> {
  await readPart(connection, plan, { folder, part });
  await runAll(connection, [numberOccurrences(plan) ?? []].flat());
  if (index === 0) await runAll(connection, makeSettleTables(plan, plan.firstPass, false));
  await connection.run(addCandidates(plan, plan.firstPass, index));
}

// Which rows are duplicates, what references become, and which rows have lost their parent within the ring. Most rings
// are a single table.
async function settleFirstPass(connection: EngineConnection, ring: readonly MappingPlan[]): Promise<void> {
  for (const plan of ring) {
    await runAll(connection, numberAcrossParts(plan, plan.firstPass));
    await runAll(connection, settleDuplicates(plan, plan.firstPass));
    await runAll(connection, markCandidates(plan.firstPass));
  }
  const links = ringLinks(ring);
  // All of them before the first row is lost by one: what a source key becomes does not depend on the order of links.
  await runAll(connection, links.flatMap(translateKeys));
  await runAll(connection, links.map(followWinners));
  await cascade(connection, ring, cascadeRound(links));
  await runAll(connection, dropLostReferences(links));
}

async function settleOwnPart(connection: EngineConnection, plan: MappingPlan, index: number): Promise<void> {
  await runAll(connection, makeSettleTables(plan, ownPart, true));
  if (plan.table.dedupe === undefined) return;
  await connection.run(addCandidates(plan, ownPart, index));
  await runAll(connection, settleDuplicates(plan, ownPart));
}

// Each round may orphan further rows; a chain of n generations takes n rounds.
async function cascade(
  connection: EngineConnection,
  ring: readonly MappingPlan[],
  round: ReturnType<typeof cascadeRound>,
): Promise<void> {
  if (round.length === 0) return;
  const counts = ring.map(({ firstPass }) => sql`SELECT count(*) AS settled FROM ${firstPass.settled}`);
  const count = sql`SELECT sum(settled) FROM (${joinSql(counts, " UNION ALL ")})`;
  for (let before: string | null | undefined; ; ) {
    const [[settled] = []] = await connection.rows(count);
    if (settled === before) return;
    before = settled;
    await runAll(connection, round);
  }
}

function assertRows(found: number, folder: string, part: Resource): void {
  if (found === part._rowCount) return;
  throw new StageError(
    "integrity",
    `${join(folder, part.path)}: its manifest promises ${part._rowCount} rows, the transform engine reads ${found}`,
    "report this: one of the two counts wrongly",
  );
}

/** Rows of a part whose row checksum is to be proved: `wrong` counts those that fail, and names the first from 0. */
export interface ChecksumProof {
  readonly folder: string;
  readonly part: Resource;
  readonly extract: ExtractName;
  readonly wrong: Sql;
}

/** Proves the checksums that the source computed of a part's rows; 65 where the engine reads another row. */
export async function assertChecksums(
  connection: EngineConnection,
  { folder, part, extract, wrong: select }: ChecksumProof,
): Promise<void> {
  const [[wrong, first] = []] = await connection.rows(select);
  if (Number(wrong) === 0) return;
  throw new StageError(
    "integrity",
    `${join(folder, part.path)}: ${String(wrong)} of ${part._rowCount} rows do not match the checksum the source server computed, the first is row ${Number(first) + 1}`,
    `extract it again: waybill extract ${extract} --force`,
  );
}

async function runAll(
  connection: EngineConnection,
  statements: readonly Parameters<EngineConnection["run"]>[0][],
): Promise<void> {
  for (const statement of statements) await connection.run(statement);
}
