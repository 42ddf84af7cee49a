import type { State } from "../chain/judge.js";
import type { Stage } from "../model/manifest.js";
import type { RejectGroup } from "../model/reject-groups.js";
import type { ValidatedCheck } from "./validation.js";

// 1. Everything a page says stands in these facts; the page reads nothing and knows no clock.
// 2. What is personal data is left out or hashed before it becomes a fact.
// 3. Every text may come from somebody's data or specification: the page takes none of them for markup.

export type Overall = "passed" | "failed" | "incomplete" | "outdated" | "not validated";

/** What the page says first, and why. */
export interface VerdictFacts {
  readonly overall: Overall;
  readonly reasons: readonly string[];
}

/** The file the verdict stands for, and its hash, as `sha256sum` prints it. */
export interface Seal {
  readonly path: string;
  readonly sha256: string;
}

/** Something somebody should look at before signing. */
export interface Attention {
  readonly level: "failed" | "skipped" | "warned" | "note";
  /** The table or step it is about; empty where it is about all. */
  readonly subject: string;
  readonly text: string;
}

/** Rows that a step has, or takes away. */
export interface FlowStep {
  readonly name: string;
  readonly kind: "stands" | "leaves";
  readonly rowCount: number;
}

/** A line of the reconciliation: a table, or one of its extracts, its run alone, one of its replays. */
export interface CountLine {
  readonly name: string;
  readonly kind: "table" | "share";
  /** By the name of the count; one that is not known is not there. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface RuleFacts {
  readonly rule: string;
  readonly because: string | undefined;
  readonly touched: number;
  readonly flagged: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly deduplicated: number;
}

/** A value as it is shown: itself (null is NULL), by its hash, or not at all: it is personal data, or there is none. */
export type ShownValue =
  | { readonly kind: "value"; readonly text: string | null }
  | { readonly kind: "hash"; readonly text: string }
  | { readonly kind: "hidden" }
  | { readonly kind: "absent" };

/** A line of differences.csv.gz. */
export interface Difference {
  readonly change: string;
  readonly key: ShownValue;
  readonly column: string | null;
  readonly expected: ShownValue;
  readonly actual: ShownValue;
}

/** Lines of a file: the first of them, how many there are, and where all of them lie; or why they cannot be shown. */
export type Excerpt<Line> =
  | { readonly kind: "read"; readonly lines: readonly Line[]; readonly total: number; readonly path: string }
  | { readonly kind: "unreadable"; readonly why: string };

/** One table of the migration. What its stages have not said yet is undefined. */
export interface TableFacts {
  readonly table: string;
  readonly verdict: "passed" | "failed" | "incomplete" | undefined;
  readonly flow: readonly FlowStep[];
  readonly counts: readonly CountLine[];
  readonly rules: readonly RuleFacts[] | undefined;
  readonly checks: readonly ValidatedCheck[];
  readonly differences: Excerpt<Difference> | undefined;
  /** As transform rejected them, those that a replay has corrected since among them. */
  readonly rejects: Excerpt<RejectGroup> | undefined;
  readonly replayCount: number;
  /** The rows that load put aside, by the constraint that refused them; undefined where there are none. */
  readonly quarantined: Excerpt<RejectGroup> | undefined;
}

/** A stage at work on an extract or table. */
export interface Span {
  readonly stage: Stage;
  readonly subject: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly rowCount: number;
}

/** A program that ended with an error. */
export interface Failure {
  readonly time: string;
  readonly program: string;
  readonly code: number;
  readonly message: string;
}

/** What log.jsonl says of when things happened. */
export interface TimelineFacts {
  /** In the order in which they began. */
  readonly spans: readonly Span[];
  /** The latest of them, in their order; `failureCount` counts those left out too. */
  readonly failures: readonly Failure[];
  readonly failureCount: number;
  readonly unreadableLines: number;
}

/** A manifest that another one names as its input: whether what lies there is still what was read. */
export interface ChainInput {
  readonly path: string;
  readonly state: "same" | "changed" | "gone";
}

/** A step and its manifest. */
export interface ChainFacts {
  readonly stage: Stage;
  readonly subject: string;
  readonly path: string;
  readonly state: State;
  readonly reason: string;
  readonly rowCount: number | undefined;
  readonly outputHash: string | undefined;
  readonly inputs: readonly ChainInput[];
}

/** A state of a source that rows come from. */
export interface SnapshotFacts {
  readonly source: string | undefined;
  readonly id: string;
  readonly isolation: string;
  readonly position: string | undefined;
  readonly consistency: string;
}

/** Everything validate/report.html says. */
export interface ReportFacts {
  readonly migration: string;
  readonly title: string;
  readonly verdict: VerdictFacts;
  readonly seal: Seal | undefined;
  /** The hash of the specification as it lies there now. */
  readonly specification: string;
  readonly attention: readonly Attention[];
  readonly tables: readonly TableFacts[];
  readonly timeline: TimelineFacts;
  readonly chain: readonly ChainFacts[];
  readonly snapshots: readonly SnapshotFacts[];
  readonly signOff: readonly string[];
}
