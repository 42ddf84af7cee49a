import { describe, expect, it } from "vitest";
import { type Finding, firstBreak, judge } from "../../../lib/chain/judge.js";
import { planSteps, type Step } from "../../../lib/chain/steps.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { sha256 } from "../../../lib/model/hash.js";
import { buildManifest, type Manifest, type Statement } from "../../../lib/model/manifest.js";

const files = {
  "migration.yaml": "migration: T\nextracts: { people: {} }\n",
  "people.yaml": "table: people\nfrom: people\ncolumns: all\n",
};
const migration = parseMigration(Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })));
const steps = planSteps(migration, []);

function manifestOf(index: number, changes: Partial<Statement> = {}): Manifest {
  const step = steps[index];
  if (step === undefined) throw new Error("no such step");
  const inputs = changes.inputs ?? [];
  return buildManifest([], {
    stage: step.stage,
    subject: step.subject,
    migration: "T",
    fingerprint: step.fingerprint?.(inputs) ?? sha256(""),
    inputs,
    snapshots: [],
    counts: { read: 10, written: 9 },
    checksum: null,
    verdict: { code: 0, reasons: [] },
    tool: {},
    details: {},
    ...changes,
  });
}

const extract = manifestOf(0);
const read = (manifest: Manifest) => [
  { path: "extract/people/manifest.json", outputHash: manifest._waybill.outputHash },
];

/** What is said of extract and transform of `people`, when this is found of them. */
function said(first: Finding, second: Finding) {
  const findings = new Map([
    ["extract/people/manifest.json", first],
    ["transform/people/manifest.json", second],
  ]);
  const [one, two] = steps;
  if (one === undefined || two === undefined) throw new Error("no steps");
  const pathOf = ({ stage, subject }: Step) => `${stage}/${subject}/manifest.json`;
  const before = judge(one, first, { findings, before: [], pathOf });
  return [before, judge(two, second, { findings, before: [before], pathOf })] as const;
}

const standing = (manifest: Manifest): Finding => ({ kind: "standing", manifest });

describe("a step", () => {
  it("is done when its inputs and its specification are what they were", () => {
    const judged = said(standing(extract), standing(manifestOf(1, { inputs: read(extract) })));

    expect(judged.map(({ state, rowCount, reason }) => [state, rowCount, reason])).toEqual([
      ["done", 10, ""],
      ["done", 9, ""],
    ]);
    expect(firstBreak(judged)).toBeUndefined();
  });

  it("is stale when what it was made from has changed, is gone or is damaged", () => {
    const transform = standing(manifestOf(1, { inputs: read(extract) }));
    const changed = standing(manifestOf(0, { counts: { read: 11 } }));

    expect(said(changed, transform)[1]).toMatchObject({
      state: "stale",
      reason: "extract/people, which it was made from, has changed",
    });
    expect(said({ kind: "missing" }, transform)[1]).toMatchObject({
      state: "stale",
      reason: "extract/people, which it was made from, is missing",
    });
    expect(said({ kind: "damaged", reason: "" }, transform)[1]).toMatchObject({
      state: "stale",
      reason: "extract/people, which it was made from, is damaged",
    });
  });

  it("is stale when the specification wants something else", () => {
    const judged = said(
      standing(manifestOf(0, { fingerprint: sha256("older rules") })),
      standing(manifestOf(1, { inputs: read(extract) })),
    );

    expect(judged[0]).toMatchObject({ state: "stale", reason: "its specification has changed" });
    expect(judged[1]).toMatchObject({ state: "done", reason: "rests on extract people, which is stale" });
    expect(firstBreak(judged)).toBe(judged[0]);
  });

  it("says no again when it said no", () => {
    const verdict = { code: 1, reasons: ["people: 5 of 10 rows were rejected"] } as const;

    expect(said(standing(extract), standing(manifestOf(1, { inputs: read(extract), verdict })))[1]).toMatchObject({
      state: "said no",
      reason: "people: 5 of 10 rows were rejected",
    });
  });
});

it("plans extracts, then the tables of each stage, parents first", () => {
  expect(steps.map(({ stage, subject }) => `${stage} ${subject}`)).toEqual([
    "extract people",
    "transform people",
    "load people",
    "validate people",
  ]);
});
