import { expect, it } from "vitest";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest, type Manifest, type Stage } from "../../../lib/model/manifest.js";
import { countLines, flowOf, tableCounts } from "../../../lib/report/flow.js";
import type { ValidatedTable } from "../../../lib/report/validation.js";

const manifest = (stage: Stage, counts: Readonly<Record<string, number>>, leftOutByWhere = 0): Manifest =>
  buildManifest([], {
    stage,
    subject: "people",
    migration: "T",
    fingerprint: sha256(""),
    inputs: [],
    snapshots: [],
    counts,
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: { leftOutByWhere },
  });

const extract = manifest("extract", { read: 10 }, 4);
const transform = manifest("transform", { read: 10, filtered: 1, rejected: 2, deduplicated: 0, written: 7 });
const load = manifest("load", { written: 7, loaded: 6, quarantined: 1, before: 99, target: 6 });

const counts = { read: 10, filtered: 1, rejected: 2, deduplicated: 0, written: 7 };
const reconciliation = {
  sourceNow: null,
  drift: null,
  snapshot: 10,
  ...counts,
  loaded: 6,
  quarantined: 1,
  leftAlone: 0,
  target: 6,
  unexplained: 0,
  extracts: [{ extract: "people", sourceNow: null, snapshot: 10, ...counts }],
};
const validated = (more: object): ValidatedTable => {
  return { table: "people", reconciliation: { ...reconciliation, ...more } } as unknown as ValidatedTable;
};

it("the counts of a table go as far as its stages have spoken", () => {
  const nothing = { extracts: [], transform: undefined, load: undefined, validated: undefined };

  expect(tableCounts(nothing)).toEqual({});
  expect(tableCounts({ ...nothing, extracts: [extract] })).toEqual({ leftOutByWhere: 4, snapshot: 10 });
  expect(flowOf(tableCounts({ ...nothing, extracts: [extract], transform, load }))).toEqual([
    { name: "read", kind: "stands", rowCount: 10 },
    { name: "filtered", kind: "leaves", rowCount: 1 },
    { name: "rejected", kind: "leaves", rowCount: 2 },
    { name: "deduplicated", kind: "leaves", rowCount: 0 },
    { name: "written", kind: "stands", rowCount: 7 },
    { name: "quarantined", kind: "leaves", rowCount: 1 },
    { name: "loaded", kind: "stands", rowCount: 6 },
    { name: "target", kind: "stands", rowCount: 6 },
  ]);
});

it("where validate has spoken, its counts stand, which count replays in; what is not known is not there", () => {
  const stated = { extracts: [extract], transform, load, validated: validated({ rejected: 0, written: 9, target: 8 }) };

  expect(tableCounts(stated)).toMatchObject({ leftOutByWhere: 4, rejected: 0, written: 9, target: 8 });
  expect(tableCounts(stated)).not.toHaveProperty("sourceNow");
});

it("a line stands for each thing a table is the sum of: extracts, what a query reads, the run, its replays", () => {
  const linesOf = (more: object): readonly string[] =>
    countLines("people", { extracts: [extract], transform, load, validated: validated(more) }).map(({ name }) => name);
  const [one] = reconciliation.extracts;

  expect(linesOf({})).toEqual(["people"]);
  expect(linesOf({ extracts: [one, { ...one, extract: "finance" }] })).toEqual([
    "people",
    "from people",
    "from finance",
  ]);
  expect(linesOf({ queried: [{ extract: "visits", sourceNow: 3, snapshot: 3, read: 3 }] })).toEqual([
    "people",
    "query reads visits",
  ]);
  expect(linesOf({ base: counts, replays: [{ name: "001", ...counts }] })).toEqual([
    "people",
    "the run alone",
    "replay 001",
  ]);
});
