import type { ReportFacts } from "../../../lib/report/facts.js";

const hash = `sha256:${"a1".repeat(32)}`;

const allCounts = {
  sourceNow: 1_244_099,
  snapshot: 1_244_096,
  read: 1_244_096,
  filtered: 0,
  rejected: 41,
  deduplicated: 0,
  written: 1_244_055,
  quarantined: 0,
  loaded: 1_244_055,
  target: 1_244_054,
  unexplained: 1,
};

/** Facts in which every part of the page has something to say, the worst of it too. */
export const fullFacts: ReportFacts = {
  migration: "MIG-1",
  title: "People to the new platform",
  verdict: { overall: "failed", reasons: ["Of 4 checks over 1 table 1 passed, 1 failed"] },
  seal: { path: "validate/report.json", sha256: "b2".repeat(32) },
  specification: hash,
  attention: [
    { level: "failed", subject: "people", text: "unique: id: expected 0, found 2" },
    { level: "note", subject: "", text: "the specification has changed" },
  ],
  tables: [
    {
      table: "people",
      verdict: "failed",
      flow: [
        { name: "read", kind: "stands", rowCount: 1_244_096 },
        { name: "rejected", kind: "leaves", rowCount: 41 },
        { name: "written", kind: "stands", rowCount: 1_244_055 },
        { name: "target", kind: "stands", rowCount: 1_244_054 },
      ],
      counts: [
        { name: "people", kind: "table", counts: allCounts },
        { name: "from registry", kind: "share", counts: { read: 1_244_096, inventedLater: 7 } },
      ],
      rules: [
        {
          rule: "id.type",
          because: "Ids are numbers",
          touched: 3,
          flagged: 0,
          filtered: 0,
          rejected: 41,
          deduplicated: 0,
        },
        { rule: "name.trim", because: undefined, touched: 0, flagged: 0, filtered: 0, rejected: 0, deduplicated: 0 },
      ],
      checks: [
        { name: "unique: id", expected: 0, actual: 2, verdict: "failed", seconds: 0.4 },
        { name: "rows in the source", expected: 9, actual: "not known", verdict: "skipped", note: "left out" },
        { name: "sample of source rows", expected: "9 equal", actual: "9 equal", verdict: "sampled", note: "9 chosen" },
        { name: "rows in the target", expected: 1_244_055, actual: 1_244_055, verdict: "passed", seconds: 75 },
      ],
      differences: {
        kind: "read",
        total: 60,
        path: "validate/people/differences.csv.gz",
        lines: [
          {
            change: "changed",
            key: { kind: "value", text: "42" },
            column: "name",
            expected: { kind: "value", text: "Asha " },
            actual: { kind: "value", text: "Asha" },
          },
          {
            change: "missing",
            key: { kind: "hash", text: "sha256:0123456789abcdef" },
            column: null,
            expected: { kind: "hidden" },
            actual: { kind: "value", text: null },
          },
        ],
      },
      rejects: {
        kind: "read",
        total: 41,
        path: "transform/people/rejects.csv.gz",
        lines: [{ rule: "id.type", reason: "not a number", because: "Ids are numbers", rowCount: 41 }],
      },
      quarantined: {
        kind: "read",
        total: 7,
        path: "load/people/rejects.csv.gz",
        lines: [{ rule: "people_town_fkey", reason: "refused with SQLSTATE 23503", because: undefined, rowCount: 7 }],
      },
      replayCount: 1,
    },
    {
      table: "towns",
      verdict: undefined,
      flow: [],
      counts: [{ name: "towns", kind: "table", counts: {} }],
      rules: undefined,
      checks: [],
      differences: { kind: "unreadable", why: "it is not what its manifest promises" },
      rejects: undefined,
      quarantined: undefined,
      replayCount: 0,
    },
  ],
  timeline: {
    spans: [
      {
        stage: "extract",
        subject: "people",
        startMs: 1_700_000_000_000,
        endMs: 1_700_000_004_000,
        rowCount: 1_244_096,
      },
      { stage: "load", subject: "people", startMs: 1_700_009_000_000, endMs: 1_700_009_009_500, rowCount: 1_244_055 },
    ],
    failures: [
      { time: "2023-11-14T22:13:30.000Z", program: "load", code: 69, message: "the target cannot be reached\nagain" },
    ],
    failureCount: 1,
    unreadableLines: 1,
  },
  chain: [
    {
      stage: "extract",
      subject: "people",
      path: "extract/people/manifest.json",
      state: "done",
      reason: "",
      rowCount: 1_244_096,
      outputHash: hash,
      inputs: [],
    },
    {
      stage: "transform",
      subject: "people",
      path: "transform/people/manifest.json",
      state: "stale",
      reason: "its specification has changed",
      rowCount: 1_244_055,
      outputHash: hash,
      inputs: [
        { path: "extract/people/manifest.json", state: "changed" },
        { path: "extract/gone/manifest.json", state: "gone" },
      ],
    },
    {
      stage: "load",
      subject: "people",
      path: "load/people/manifest.json",
      state: "missing",
      reason: "",
      rowCount: undefined,
      outputHash: undefined,
      inputs: [],
    },
  ],
  snapshots: [
    {
      source: "registry",
      id: "postgresql:8:8:",
      isolation: "repeatable read",
      position: "0/2",
      consistency: "consistent",
    },
  ],
  signOff: ["Programme Data Owner", "IT Technical Lead"],
};

/** What the code itself chooses from: everything else may come from data or from a specification. */
const ownWords = new Set(["kind", "overall", "level", "stage", "state", "verdict"]);

/** The same facts with `text` in every place where a text of somebody else may stand, names of counts among them. */
export function factsSaying(text: string): ReportFacts {
  const replaced = JSON.stringify(fullFacts, (key, value) =>
    typeof value === "string" && !ownWords.has(key) ? text : value,
  );
  const facts = JSON.parse(replaced) as ReportFacts;
  return {
    ...facts,
    // JSON knows no undefined: where the page tells it from null it has to be put back.
    snapshots: facts.snapshots.map((one) => ({ ...one, source: one.source ?? undefined })),
    tables: facts.tables.map((table) => ({
      ...table,
      counts: table.counts.map((line) => ({ ...line, counts: { ...line.counts, [`zz${text}`]: 3 } })),
      flow: table.flow.map((step, index) => (index === 0 ? { ...step, name: text } : step)),
    })),
  };
}
