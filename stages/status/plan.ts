import { chooseTables, parentsOf, ringOf } from "../../lib/mapping/choose-tables.js";
import { extractFingerprint, transformFingerprint } from "../../lib/mapping/fingerprints.js";
import type { Extract, Migration, Table } from "../../lib/mapping/migration.js";
import type { Input, Stage } from "../../lib/model/manifest.js";
import type { Sha256 } from "../../lib/model/names.js";

/** One stage of one extract or table, as the specification wants it. */
export interface Step {
  readonly stage: Stage;
  readonly subject: string;
  /** What it is made from: these have to stand for it to stand. */
  readonly from: readonly { readonly stage: Stage; readonly subject: string }[];
  /** The fingerprint it must carry, given what its manifest says it read; undefined where the inputs say it all. */
  readonly fingerprint: ((inputs: readonly Input[]) => Sha256) | undefined;
}

/** All steps of a migration, or of the tables named, in the order they run. */
export function planSteps(migration: Migration, names: readonly string[]): readonly Step[] {
  const tables = chooseTables(migration, names);
  const extracts =
    names.length === 0
      ? migration.extracts
      : migration.extracts.filter(({ name }) => tables.some((table) => table.extracts.includes(name)));
  return [
    ...extracts.map((extract) => extractStep(migration, extract)),
    ...tables.map((table) => transformStep(migration, table)),
    ...tables.map(({ name }) => laterStep("load", name, "transform")),
    ...tables.map(({ name }) => laterStep("validate", name, "load")),
  ];
}

function extractStep(migration: Migration, extract: Extract): Step {
  const fingerprint = () => extractFingerprint(migration, extract, { kind: "all" });
  return { stage: "extract", subject: extract.name, from: [], fingerprint };
}

function transformStep(migration: Migration, table: Table): Step {
  const ring = ringOf(migration, table);
  const extracts = ring.flatMap((one) => one.extracts.map((subject) => ({ stage: "extract", subject }) as const));
  const parents = ring.flatMap(parentsOf).map((subject) => ({ stage: "transform", subject }) as const);
  return {
    stage: "transform",
    subject: table.name,
    from: [...extracts, ...parents],
    fingerprint: (inputs) => transformFingerprint(migration, table, inputs),
  };
}

function laterStep(stage: Stage, subject: string, before: Stage): Step {
  return { stage, subject, from: [{ stage: before, subject }], fingerprint: undefined };
}
