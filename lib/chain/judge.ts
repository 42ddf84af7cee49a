import type { Manifest, Stage } from "../model/manifest.js";
import type { Step } from "./steps.js";

export type State = "done" | "stale" | "missing" | "damaged" | "said no";

/** What was found of a step: its manifest, or none, or what is wrong with it. */
export type Finding =
  | { readonly kind: "standing"; readonly manifest: Manifest }
  | { readonly kind: "missing"; readonly reason?: string }
  | { readonly kind: "damaged"; readonly reason: string };

/** A step and what is to be said of it. */
export interface Judgement {
  readonly stage: Stage;
  readonly subject: string;
  /** The replay of a table's rejects that it is of. */
  readonly replay?: Step["replay"];
  readonly state: State;
  readonly rowCount: number | undefined;
  /** Why it is not simply done; empty when it is. */
  readonly reason: string;
}

/** The manifests of all steps, by the path they bear in `inputs[]`. */
export type Findings = ReadonlyMap<string, Finding>;

/** What a step is judged by beside its own finding. */
interface Around {
  readonly findings: Findings;
  readonly before: readonly Judgement[];
  /** The path of a step's manifest, as it stands in `inputs[]`. */
  pathOf(step: Step): string;
}

/** What is to be said of a step, given everything found and what was said of the steps before it. */
export function judge(step: Step, finding: Finding, around: Around): Judgement {
  const { stage, subject, replay } = step;
  const own = { stage, subject, ...(replay === undefined ? {} : { replay }) };
  if (finding.kind === "missing")
    return { ...own, state: "missing", rowCount: undefined, reason: finding.reason ?? "" };
  if (finding.kind === "damaged") return { ...own, state: "damaged", rowCount: undefined, reason: finding.reason };
  const { _waybill: statement } = finding.manifest;
  const said = { ...own, rowCount: rowCountOf(finding.manifest) };
  const changed =
    changedInput(finding.manifest, around.findings) ??
    missedReplay(step, finding.manifest, around) ??
    changedSpecification(step, finding.manifest);
  if (changed !== undefined) return { ...said, state: "stale", reason: changed };
  if (statement.verdict.code === 1) return { ...said, state: "said no", reason: statement.verdict.reasons.join("; ") };
  const reasons = [doubt(step, around.before), putAside(finding.manifest)].filter((reason) => reason !== "");
  return { ...said, state: "done", reason: reasons.join("; ") };
}

// What was replayed since a load is not in the target yet.
function missedReplay(step: Step, { _waybill }: Manifest, { pathOf }: Around): string | undefined {
  const missed = (step.replays ?? []).find((replay) => {
    const path = pathOf({ stage: "transform", subject: replay.table, replay, from: [], fingerprint: undefined });
    return !_waybill.inputs.some((input) => input.path === path);
  });
  return missed === undefined ? undefined : `replay ${missed.name} of its rejects is not in it yet`;
}

/** The step to begin with: the first that is not done. */
export function firstBreak(judgements: readonly Judgement[]): Judgement | undefined {
  return judgements.find(({ state }) => state !== "done");
}

function changedInput(manifest: Manifest, findings: Findings): string | undefined {
  for (const { path, outputHash } of manifest._waybill.inputs) {
    const finding = findings.get(path);
    const name = path.replace(/\/manifest\.json$/, "");
    if (finding === undefined) return `${name}, which it was made from, is no part of the migration any more`;
    if (finding.kind !== "standing") return `${name}, which it was made from, is ${finding.kind}`;
    if (finding.manifest._waybill.outputHash !== outputHash) return `${name}, which it was made from, has changed`;
  }
  return undefined;
}

function changedSpecification(step: Step, { _waybill: statement }: Manifest): string | undefined {
  const wanted = step.fingerprint?.(statement.inputs);
  return wanted === undefined || wanted === statement.fingerprint ? undefined : "its specification has changed";
}

// Whether it will be stale too is known only when what it rests on has been made again: the output may be the same.
function doubt(step: Step, before: readonly Judgement[]): string {
  const open = before.find(({ stage, subject, state }) => isAmong(step.from, stage, subject) && state !== "done");
  return open === undefined
    ? ""
    : `rests on ${open.stage} ${open.subject}, which ${open.state === "said no" ? "said no" : `is ${open.state}`}`;
}

// Of validate, the checks say so.
function putAside({ _waybill: { stage, counts } }: Manifest): string {
  const { quarantined = 0 } = counts;
  if (stage !== "load" || quarantined === 0) return "";
  return `${quarantined} ${quarantined === 1 ? "row is" : "rows are"} quarantined`;
}

function isAmong(steps: Step["from"], stage: Stage, subject: string): boolean {
  return steps.some((one) => one.stage === stage && one.subject === subject);
}

/** The count that says how many rows left this stage. */
function rowCountOf({ _waybill: { stage, counts } }: Manifest): number | undefined {
  switch (stage) {
    case "extract":
      return counts.read;
    case "transform":
      return counts.written;
    case "load":
      return counts.loaded;
    case "validate":
      return counts.target;
    case "rollback":
      return counts.after;
    default:
      return stage satisfies never;
  }
}
