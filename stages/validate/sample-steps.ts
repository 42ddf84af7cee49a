import { join } from "node:path";
import type { EngineConnection } from "../../lib/engine/duckdb.js";
import type { TablePlans } from "../../lib/engine/plan-mapping.js";
import { partsOf, type TableParts } from "../../lib/engine/prepare-ring.js";
import { partName } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { readySteps } from "../../lib/steps/ready-steps.js";
import { gatherPart } from "./gather-part.js";
import { copySampled, type SamplePart } from "./sample-sql.js";

interface SampleToPrepare {
  readonly connection: EngineConnection;
  readonly plans: TablePlans;
  readonly parts: readonly SamplePart[];
}

/**
 * The sample's parts with what the table's steps make of them. Row steps see the rows that were read again. A frame step
 * has to see all rows as they were: it runs over the extract, and the sample's rows are taken out of what it made. Those
 * that have changed in the source since are left out of the comparison in either case, and the others are the same.
 */
export async function throughSteps(
  run: Run,
  { connection, plans, parts }: SampleToPrepare,
): Promise<readonly SamplePart[]> {
  const [{ table }] = plans;
  const [first] = parts;
  if (table.steps.length === 0 || first === undefined) return parts;
  const { migration, command, options } = run;
  const steps = await readySteps({ migration, command, jobs: options.jobs }, [plans]);
  const seesAll = table.steps.some(({ kind }) => kind === "frame");
  const [made = []] = await steps.run([seesAll ? partsOf(plans) : parts], join(first.folder, "steps"));
  const prepared: SamplePart[] = [];
  for (const part of parts) {
    const own = made.filter(({ plan }) => plan === part.plan);
    prepared.push(seesAll ? await takeSampled(connection, part, own) : { ...part, ...own[0], index: part.index });
  }
  return prepared;
}

async function takeSampled(connection: EngineConnection, sampled: SamplePart, made: TableParts): Promise<SamplePart> {
  const { folder, index } = sampled;
  const [first] = made;
  if (first === undefined) throw new RangeError(`no part of ${sampled.plan.extract}`);
  const { fields } = first.part.schema;
  const file = join(folder, `prepared-${index}.csv`);
  const files = { folder: first.folder, files: made.map(({ part }) => part) };
  const columns = fields.map(({ name }) => name);
  await connection.run(copySampled(sampled, { path: file, columns, files }));
  return { ...sampled, part: await gatherPart(folder, { path: partName("prepared", index), fields, files: [file] }) };
}
