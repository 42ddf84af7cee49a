import { chooseTables, parentsOf, ringOf } from "../mapping/choose-tables.js";
import { extractFingerprint, transformFingerprint } from "../mapping/fingerprints.js";
import type { Extract, Migration, Table } from "../mapping/migration.js";
import { readExtracts } from "../mapping/query.js";
import type { Input, Stage } from "../model/manifest.js";
import type { Sha256 } from "../model/names.js";

/** Which replay of which table's rejects. */
export interface ReplayName {
  readonly table: string;
  readonly name: string;
}

/** One stage of one extract or table, as the specification wants it. */
export interface Step {
  readonly stage: Stage;
  readonly subject: string;
  /** The replay of a table's rejects that this is of. */
  readonly replay?: ReplayName;
  /** The replays whose rows a load has to hold as well. */
  readonly replays?: readonly ReplayName[];
  /** What it is made from: these have to stand for it to stand. */
  readonly from: readonly { readonly stage: Stage; readonly subject: string }[];
  /** The fingerprint it must carry, given what its manifest says it read; undefined where the inputs say it all. */
  readonly fingerprint: ((inputs: readonly Input[]) => Sha256) | undefined;
}

/** All steps of a migration, or of the tables named, in the order they run; `replays` are those that lie there. */
export function planSteps(
  migration: Migration,
  names: readonly string[],
  replays: readonly ReplayName[] = [],
): readonly Step[] {
  const tables = chooseTables(migration, names);
  const replaysOf = ({ name }: Table): readonly ReplayName[] => replays.filter(({ table }) => table === name);
  const extracts =
    names.length === 0
      ? migration.extracts
      : migration.extracts.filter(({ name }) => tables.some((table) => readExtracts(table).includes(name)));
  return [
    ...extracts.map((extract) => extractStep(migration, extract)),
    ...tables.map((table) => transformStep(migration, table)),
    ...tables.flatMap((table) => replaysOf(table).flatMap((replay) => replaySteps(migration, table, replay))),
    ...tables.map((table) => ({ ...laterStep("load", table.name, "transform"), replays: replaysOf(table) })),
    ...tables.map(({ name }) => laterStep("validate", name, "load")),
  ];
}

function extractStep(migration: Migration, extract: Extract): Step {
  const fingerprint = () => extractFingerprint(migration, extract, { kind: "all" });
  return { stage: "extract", subject: extract.name, from: [], fingerprint };
}

function transformStep(migration: Migration, table: Table): Step {
  const ring = ringOf(migration, table);
  const extracts = ring.flatMap((one) => readExtracts(one).map((subject) => ({ stage: "extract", subject }) as const));
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

// What a replay consists of: corrected rows, and what they became.
function replaySteps(migration: Migration, table: Table, replay: ReplayName): readonly Step[] {
  const base = { stage: "transform", subject: table.name } as const;
  const extracts = table.extracts.map((subject): Step => {
    return { stage: "extract", subject, replay, from: [base], fingerprint: undefined };
  });
  const { from, ...transform } = transformStep(migration, table);
  return [...extracts, { ...transform, replay, from: [...from, base] }];
}
