import { join } from "node:path";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { mapPart, type PlannedPart } from "../../lib/engine/map-part.js";
import { foldersOf, type MappingPlace, type TransformInputs, verifyInputs } from "../../lib/engine/mapping-inputs.js";
import type { MappingPlan, TablePlans } from "../../lib/engine/plan-mapping.js";
import { partsOf, prepareRing, type TableParts } from "../../lib/engine/prepare-ring.js";
import { readCsv } from "../../lib/engine/read-csv.js";
import { removeFolder } from "../../lib/files/stage-folder.js";
import { sql } from "../../lib/mapping/sql.js";
import { keyText } from "../../lib/mapping/unit-key.js";
import { listed } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import type { Context } from "../../lib/program/run-program.js";
import { readySteps } from "../../lib/steps/ready-steps.js";
import type { MappedRow } from "../../lib/story/row-story.js";
import { madeBySteps, namedValues, selectRows } from "../../lib/story/row-values.js";
import { selectLosers, withKey } from "./row-sql.js";

/** What it takes to map rows anew. */
export interface Place extends MappingPlace {
  readonly context: Context;
}

interface Request {
  readonly plans: TablePlans;
  /** Those of its ring, its own among them. */
  readonly ring: readonly TablePlans[];
  readonly inputs: TransformInputs;
  /** The key as each of the table's extracts names it. */
  readonly keyOf: (plan: MappingPlan) => Readonly<Record<string, string>>;
}

/**
 * Maps the parts that hold rows with a key as transform does, and gives these rows. 66 when there are none, 65 when a
 * file is damaged. Nothing is left behind.
 */
export async function mapRows(place: Place, request: Request): Promise<readonly MappedRow[]> {
  const { inputs, ring } = request;
  await verifyInputs(place, inputs);
  const steps = await readySteps({ ...place, jobs: 1 }, ring);
  const spillFolder = join(place.work.run, `.explain-${place.context.pid}`);
  const engine = await openEngine({ spillFolder, folders: foldersOf(inputs) });
  try {
    const connection = await engine.connect();
    const holding = await partsHolding(connection, request);
    const parts = await steps.run(partsToPrepare(request, holding), join(spillFolder, "steps"));
    await prepareRing(place, connection, { ring, inputs, parts });
    const rows: MappedRow[] = [];
    for (const part of parts[ring.indexOf(request.plans)] ?? [])
      if (holding.some(({ index }) => index === part.index)) rows.push(...(await rowsOf(connection, request, part)));
    return rows;
  } finally {
    engine.close();
    await removeFolder(spillFolder);
  }
}

/** The parts that steps run over: all, unless neither a frame nor the settling of rows looks beyond those with the key. */
function partsToPrepare({ plans, ring }: Request, holding: TableParts): readonly TableParts[] {
  const [{ table, needsFirstPass }] = plans;
  const seesOthers = needsFirstPass || table.steps.some(({ kind }) => kind === "frame");
  return ring.map((one) => (one === plans && !seesOthers ? holding : partsOf(one)));
}

async function partsHolding(connection: EngineConnection, { plans, keyOf }: Request): Promise<readonly PlannedPart[]> {
  const holding: PlannedPart[] = [];
  for (const part of partsOf(plans)) if (await holds(connection, part, keyOf(part.plan))) holding.push(part);
  if (holding.length > 0) return holding;
  const names = plans.map(({ extract }) => extract);
  const keys = new Set(plans.map((plan) => keyText(keyOf(plan))));
  const text = `${listed(names, "nor")} has no row with ${listed([...keys], "or")}`;
  throw new StageError("missing", text, "look for the key in the source; --key takes the source's key");
}

async function rowsOf(
  connection: EngineConnection,
  { keyOf }: Request,
  part: PlannedPart,
): Promise<readonly MappedRow[]> {
  const { plan } = part;
  await mapPart(connection, plan, part);
  const found: MappedRow[] = [];
  const made = await madeBySteps(connection, part, withKey(keyOf(plan)));
  for (const row of await connection.rows(selectRows(plan, withKey(keyOf(plan))))) {
    const values = new Map([...namedValues(plan, row), ...(made.get(row[0] ?? "") ?? [])]);
    const losing = plan.table.dedupe === undefined ? undefined : selectLosers(plan, part.index, row[0] ?? "");
    const losers = losing === undefined ? [] : await connection.rows(losing);
    found.push({
      plan,
      path: part.part.path,
      values,
      losers: losers.map(([extract = null, key = null, occurrence = null]) => ({ extract, key, occurrence })),
    });
  }
  return found;
}

async function holds(
  connection: EngineConnection,
  { folder, part }: PlannedPart,
  key: Readonly<Record<string, string>>,
): Promise<boolean> {
  const rows = await connection.rows(sql`SELECT 1 FROM ${readCsv(folder, [part])} WHERE ${withKey(key)} LIMIT 1`);
  return rows.length > 0;
}
