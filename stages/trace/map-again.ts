import { join } from "node:path";
import { type EngineConnection, openEngine } from "../../lib/engine/duckdb.js";
import { mapAlone, type PlannedPart } from "../../lib/engine/map-part.js";
import type { MappingPlan, TablePlans } from "../../lib/engine/plan-mapping.js";
import { prepareEngine } from "../../lib/engine/prepare-engine.js";
import { partsOf, planTable, type TableParts } from "../../lib/engine/prepare-ring.js";
import { writeRows } from "../../lib/files/csv-file.js";
import { readNthRecord } from "../../lib/files/nth-record.js";
import { makeFolder } from "../../lib/files/work-directory.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import { resourceOf } from "../../lib/model/resource.js";
import { type ReadySteps, readySteps } from "../../lib/steps/ready-steps.js";
import { madeBySteps, namedValues, type RowValues, selectRows } from "../../lib/story/row-values.js";
import type { FoundRow } from "./search.js";
import { extractRemedy, type Tracing, type Transformed } from "./transforms.js";

/** What rules made of a row by itself: what it owes to other rows, only the files of the transform can say. */
export interface MappedAgain {
  readonly plan: MappingPlan;
  readonly values: RowValues;
}

/** Maps rows of a transform again, one by one, by the rules it ran with. */
export interface Mapper {
  map(found: FoundRow): Promise<MappedAgain | undefined>;
  close(): void;
}

/** Why rules that ran then do not run now, in words: a step may ask for what is not there. What is no such reason is thrown. */
export function whyNot(error: unknown): string {
  if (error instanceof StageError && (error.kind === "specification" || error.kind === "missing")) return error.message;
  throw error;
}

interface Rules {
  readonly migration: Migration;
  readonly table: Table;
  /** For what it needs on disk; the caller removes it. */
  readonly folder: string;
}

/** Opens an engine of its own for the rules of a transform. */
export async function openMapper(
  tracing: Tracing,
  transformed: Transformed,
  { migration, table, folder }: Rules,
): Promise<Mapper> {
  const { command, context } = tracing;
  const plans = planTable(migration, { table, extracts: transformed.extracts, parents: new Map() });
  const steps = await readySteps({ migration, command, jobs: 1 }, [plans]);
  const rows = singleRows(tracing, transformed, { plans, steps, folder });
  const engine = await openEngine({ spillFolder: folder, folders: [] });
  try {
    const connection = await engine.connect();
    await prepareEngine(connection, [plans[0].compiled], { migration, context });
    return {
      async map({ read }) {
        const part = read && partsOf(plans).find(({ index }) => index === read.part.index);
        const one = part && (await rows(part, read.row));
        return one && (await mapOne(connection, one));
      },
      close: () => engine.close(),
    };
  } catch (error) {
    engine.close();
    throw error;
  }
}

async function mapOne(connection: EngineConnection, part: PlannedPart): Promise<MappedAgain> {
  const { plan } = part;
  await mapAlone(connection, plan, part);
  const [values = []] = await connection.rows(selectRows(plan));
  const made = (await madeBySteps(connection, part)).get("0") ?? [];
  return { plan, values: new Map([...namedValues(plan, values), ...made]) };
}

interface Preparing {
  readonly plans: TablePlans;
  readonly steps: ReadySteps;
  readonly folder: string;
}

type SingleRow = (part: PlannedPart, row: number) => Promise<PlannedPart | undefined>;

/** Gives the row at a place of a part as a part of its own, with what steps made of it. */
function singleRows(tracing: Tracing, transformed: Transformed, { plans, steps, folder }: Preparing): SingleRow {
  let folders = 0;
  const newFolder = (): string => join(folder, `${folders++}`);
  const alone = async (part: PlannedPart, row: number): Promise<PlannedPart> => {
    const command = extractRemedy(tracing, transformed, part.plan.input);
    const { values } = await readNthRecord(part.folder, part.part, { row, command });
    const [own, { path, schema }] = [newFolder(), part.part];
    await makeFolder(own);
    const names = schema.fields.map(({ name }) => name);
    const file = await writeRows(join(own, path), names, [values]);
    return { ...part, folder: own, part: resourceOf(file, { path, role: "part", fields: schema.fields }) };
  };
  // A frame sees all rows of an extract, a row step none but the one.
  if (!plans[0].table.steps.some(({ kind }) => kind === "frame"))
    return async (part, row) => (await steps.run([[await alone(part, row)]], newFolder()))[0]?.[0];
  let framed: Promise<readonly TableParts[]> | undefined;
  return async (part, row) => {
    framed ??= steps.run([partsOf(plans)], newFolder());
    const own = (await framed)[0]?.find(({ index }) => index === part.index);
    return own && (await alone(own, row));
  };
}
