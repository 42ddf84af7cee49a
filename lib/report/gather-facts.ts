import { join } from "node:path";
import type { Judgement } from "../chain/judge.js";
import { type Link, readChain } from "../chain/read-chain.js";
import { readLog } from "../files/log-file.js";
import { specificationHash } from "../files/specification-copy.js";
import { readWhole } from "../files/whole-file.js";
import type { WorkDirectory } from "../files/work-directory.js";
import type { Migration } from "../mapping/migration.js";
import { sha256 } from "../model/hash.js";
import type { Input, Manifest } from "../model/manifest.js";
import type { ChainFacts, ChainInput, ReportFacts, Seal, SnapshotFacts, TableFacts } from "./facts.js";
import { tableFacts } from "./table-facts.js";
import { readTimeline } from "./timeline.js";
import { parseValidation, type Validation } from "./validation.js";
import { attentionOf, verdictOf } from "./verdict.js";

/** Where validate says what it found, below the work directory. */
export const validationPath = "validate/report.json";

/** Everything that the files of a run say, for its page: manifests, report.json and log.jsonl, and no database. */
export async function gatherFacts(migration: Migration, work: WorkDirectory): Promise<ReportFacts> {
  const chain = await readChain(migration, work, []);
  const { validation, seal } = await readValidation(work);
  const tables: TableFacts[] = [];
  for (const table of migration.tables) tables.push(await tableFacts(table, chain, validation));
  const specification = specificationHash(migration.files);
  const names = migration.tables.map(({ name }) => name);
  const evidence = { validation, chain, tables: names, specification };
  return {
    migration: migration.id,
    title: migration.title,
    verdict: verdictOf(evidence),
    seal,
    specification,
    attention: attentionOf(evidence),
    tables,
    timeline: await readTimeline(readLog(work.run)),
    chain: chain.map((link) => chainFacts(link, { chain, work })),
    snapshots: (validation?.snapshots ?? []).map(snapshotFacts),
    signOff: migration.signOff,
  };
}

async function readValidation(
  work: WorkDirectory,
): Promise<{ readonly validation: Validation | undefined; readonly seal: Seal | undefined }> {
  const path = join(work.run, validationPath);
  const content = await readWhole(path);
  if (content === undefined) return { validation: undefined, seal: undefined };
  const seal = { path: validationPath, sha256: sha256(content).slice("sha256:".length) };
  return { validation: parseValidation(content.toString("utf8"), path), seal };
}

interface Around {
  readonly chain: readonly Link[];
  readonly work: WorkDirectory;
}

function chainFacts({ step, path, finding, judgement }: Link, around: Around): ChainFacts {
  const manifest = finding.kind === "standing" ? finding.manifest : undefined;
  return {
    stage: step.stage,
    subject: nameOf(judgement),
    path,
    state: judgement.state,
    // Where the work directory lies is no fact about the run.
    reason: judgement.reason.replaceAll(`${around.work.run}/`, ""),
    rowCount: judgement.rowCount,
    outputHash: manifest?._waybill.outputHash,
    inputs: inputsOf(manifest).map((input) => chainInput(input, around.chain)),
  };
}

function nameOf({ subject, replay }: Judgement): string {
  return replay === undefined ? subject : `${subject}, replay ${replay.name} of ${replay.table}`;
}

function inputsOf(manifest: Manifest | undefined): readonly Input[] {
  return manifest?._waybill.inputs ?? [];
}

function chainInput({ path, outputHash }: Input, chain: readonly Link[]): ChainInput {
  const finding = chain.find((link) => link.path === path)?.finding;
  if (finding?.kind !== "standing") return { path, state: "gone" };
  return { path, state: finding.manifest._waybill.outputHash === outputHash ? "same" : "changed" };
}

function snapshotFacts({
  source,
  id,
  isolation,
  position,
  consistency,
}: Validation["snapshots"][number]): SnapshotFacts {
  return { source, id, isolation, position: position ?? undefined, consistency };
}
