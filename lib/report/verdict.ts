import type { Link } from "../chain/read-chain.js";
import { listed } from "../mapping/words.js";
import type { Attention, VerdictFacts } from "./facts.js";
import type { ValidatedTable, Validation } from "./validation.js";

/** What the verdict is drawn from. */
export interface Evidence {
  /** undefined: validate has not run. */
  readonly validation: Validation | undefined;
  readonly chain: readonly Link[];
  /** Every table of the migration. */
  readonly tables: readonly string[];
  /** The hash of the specification as it lies there now. */
  readonly specification: string;
}

/**
 * The verdict of a run: that of validate, unless it is of a state that is gone, or not of all tables. A verdict never
 * sounds better than what stands behind it.
 */
export function verdictOf(evidence: Evidence): VerdictFacts {
  const { validation, tables } = evidence;
  if (validation === undefined) return { overall: "not validated", reasons: [notValidated(evidence)] };
  const gone = validation.tables.flatMap((table) => outdated(table, evidence.chain));
  if (gone.length > 0) {
    const before = `validate said ${validation.verdict}, and then something changed:`;
    return { overall: "outdated", reasons: [before, ...gone] };
  }
  const left = tables.filter((name) => !validation.tables.some(({ table }) => table === name));
  const missing = left.length === 0 ? [] : [`Not validated: ${listed(left)}.`];
  if (validation.verdict === "passed" && left.length > 0) return { overall: "incomplete", reasons: missing };
  return { overall: validation.verdict, reasons: [...failing(validation), sentence(validation), ...missing] };
}

function notValidated({ chain }: Evidence): string {
  const done = chain.filter(({ finding }) => finding.kind === "standing");
  const first = chain.find(({ judgement }) => judgement.state !== "done");
  const where = first === undefined ? "" : `; the first step that is open is ${first.step.stage} ${first.step.subject}`;
  return `validate has not run: ${done.length} of ${chain.length} steps are there${where}.`;
}

// What validate read, and its own manifest, must still be what lies there.
function outdated(table: ValidatedTable, chain: readonly Link[]): readonly string[] {
  const own = chain.find(({ path }) => path === table.manifest);
  const wanted = [...table.inputs, { path: table.manifest, outputHash: table.outputHash }];
  const changed = wanted.flatMap(({ path, outputHash }) => {
    const finding = chain.find((link) => link.path === path)?.finding;
    const name = path.replace(/\/manifest\.json$/, "");
    if (finding === undefined || finding.kind === "missing") return [`${name} is not there any more`];
    if (finding.kind === "damaged") return [`${name} is damaged`];
    return finding.manifest._waybill.outputHash === outputHash ? [] : [`${name} is another one now`];
  });
  if (changed.length > 0) return changed;
  const stale = chain.filter(
    ({ path, judgement }) => wanted.some((one) => one.path === path) && judgement.state === "stale",
  );
  return [...stale, ...(own?.judgement.state === "stale" ? [own] : [])]
    .slice(0, 1)
    .map(({ judgement }) => `${judgement.stage} ${judgement.subject} is stale: ${judgement.reason}`);
}

function failing({ tables }: Validation): readonly string[] {
  const names = tables.filter(({ verdict }) => verdict === "failed").map(({ table }) => table);
  return names.length === 0 ? [] : [`Not as it must be: ${listed(names)}.`];
}

function sentence({ verdict, summary, tables }: Validation): string {
  const { passed, warned, failed, skipped, sampled } = summary;
  const counts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(warned > 0 ? [`${warned} warned`] : []),
    ...(skipped > 0 ? [`${skipped} could not run`] : []),
    ...(sampled > 0 ? [`${sampled} held for a sample`] : []),
  ];
  const total = passed + warned + failed + skipped + sampled;
  const all = verdict === "passed" && skipped === 0 ? "Every check that was asked for ran, and none failed: " : "";
  return `${all}${all === "" ? "Of" : "of"} ${total} checks over ${tables.length} ${tables.length === 1 ? "table" : "tables"} ${listed(counts)}.`;
}

/** What somebody should look at before signing, the worst first. */
export function attentionOf({ validation, chain, specification }: Evidence): readonly Attention[] {
  if (validation === undefined) return chain.flatMap(damaged);
  const of = (level: "failed" | "skipped" | "warned"): readonly Attention[] =>
    validation.tables.flatMap(({ table, checks }) =>
      checks
        .filter(({ verdict }) => verdict === level)
        .map((check) => ({ level, subject: table, text: inWords(check) })),
    );
  return [
    ...of("failed"),
    ...chain.flatMap(damaged),
    ...of("skipped"),
    ...of("warned"),
    ...notes(validation, specification),
  ];
}

function damaged({ finding, judgement }: Link): readonly Attention[] {
  if (finding.kind !== "damaged") return [];
  return [
    {
      level: "failed",
      subject: `${judgement.stage} ${judgement.subject}`,
      text: "damaged, see the chain of manifests",
    },
  ];
}

function inWords({ name, expected, actual, verdict, note }: ValidatedTable["checks"][number]): string {
  if (verdict === "skipped") return `${name}: did not run${note === undefined ? "" : `, ${note}`}`;
  const said = `${name}: expected ${expected}, found ${actual}`;
  return note === undefined ? said : `${said} (${note})`;
}

function notes(validation: Validation, specification: string): readonly Attention[] {
  const note = (text: string): Attention => ({ level: "note", subject: "", text });
  return [
    ...(validation.specification === specification
      ? []
      : [note(`the specification has changed since validate read it: it was ${validation.specification}`)]),
    ...(validation.mixedSnapshots ? [note("the rows come from more than one snapshot of the same source")] : []),
    ...(!validation.mixedSnapshots && !validation.oneMoment
      ? [note("the rows come from several sources, whose snapshots are close together but not one moment")]
      : []),
  ];
}
