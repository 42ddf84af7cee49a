import { filesStand, readManifest } from "../files/manifest-file.js";
import { replayDirectory, replayNames, type WorkDirectory } from "../files/work-directory.js";
import type { Migration } from "../mapping/migration.js";
import { StageError } from "../model/errors.js";
import { type Finding, type Judgement, judge } from "./judge.js";
import { planSteps, type ReplayName, type Step } from "./steps.js";

/** One step of the chain: what was found of it and what is to be said of that. */
export interface Link {
  readonly step: Step;
  /** Where its manifest lies or belongs: as in `inputs[]`, and the folder it lies in. */
  readonly path: string;
  readonly folder: string;
  readonly finding: Finding;
  readonly judgement: Judgement;
}

/** Everything that stands in a work directory, in the order in which it is made; `names` leaves other tables out. */
export async function readChain(
  migration: Migration,
  work: WorkDirectory,
  names: readonly string[],
): Promise<readonly Link[]> {
  const replays: ReplayName[] = [];
  for (const { name: table } of migration.tables)
    for (const name of await replayNames(work, table)) replays.push({ table, name });
  const findings = new Map<string, Finding>();
  const pathOf = (step: Step): string => placeOf(work, step).manifestName(step.stage, step.subject);
  // All steps, also of tables nobody asked about: those asked about may be made from them.
  for (const step of planSteps(migration, [], replays)) findings.set(pathOf(step), await findStep(work, step));
  const links: Link[] = [];
  for (const step of planSteps(migration, names, replays)) {
    const [path, folder] = [pathOf(step), folderOf(work, step)];
    const finding = findings.get(path) ?? { kind: "missing" };
    const before = links.map(({ judgement }) => judgement);
    links.push({ step, path, folder, finding, judgement: judge(step, finding, { findings, before, pathOf }) });
  }
  return links;
}

function placeOf(work: WorkDirectory, { replay }: Step): WorkDirectory {
  return replay === undefined ? work : replayDirectory(work, replay.table, replay.name);
}

function folderOf(work: WorkDirectory, step: Step): string {
  return placeOf(work, step).stageFolder(step.stage, step.subject);
}

// A load that was taken back has no manifest any more, and rollback's says that it once had.
async function findStep(work: WorkDirectory, step: Step): Promise<Finding> {
  const finding = await find(folderOf(work, step));
  if (finding.kind !== "missing" || step.stage !== "load") return finding;
  const takenBack = await find(work.stageFolder("rollback", step.subject));
  return takenBack.kind === "missing" ? finding : { ...finding, reason: "it was rolled back" };
}

async function find(folder: string): Promise<Finding> {
  try {
    const manifest = await readManifest(folder);
    if (manifest === undefined) return { kind: "missing" };
    if (await filesStand(folder, manifest)) return { kind: "standing", manifest };
    return { kind: "damaged", reason: "a file its manifest names is gone or has another size" };
  } catch (error) {
    if (error instanceof StageError && error.kind === "integrity") return { kind: "damaged", reason: error.message };
    throw error;
  }
}
