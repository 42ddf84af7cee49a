import { join } from "node:path";
import type { DatabaseIdentity, StructureObject } from "../../lib/databases/port.js";
import type { LoadCounts, LoadWay, UpsertOutcome } from "../../lib/databases/target-port.js";
import { writeRows } from "../../lib/files/csv-file.js";
import type { WrittenFile } from "../../lib/files/part-writer.js";
import { addChecksums, type Checksum } from "../../lib/model/checksum.js";
import { buildManifest, type Field, type Manifest, type Resource } from "../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { tool } from "../../lib/program/tool.js";
import type { LoadPlan } from "./plan.js";

interface Committed {
  readonly folder: string;
  readonly way: LoadWay;
  readonly counts: LoadCounts;
  /** Rows in the target now. */
  readonly rowCount: number;
  readonly kept: readonly Resource[];
  readonly target: DatabaseIdentity;
  /** What the table is beside its rows, as far as this database says so. */
  readonly structure: readonly StructureObject[] | undefined;
}

const path = "commits.csv.gz";

const fields: readonly Field[] = [
  fieldOf({ name: "part", type: "string" }),
  fieldOf({ name: "hash", type: "string" }),
  fieldOf({ name: "rows", type: "integer" }),
  fieldOf({ name: "generation", type: "string" }),
];

/** Writes what was committed, a row for each part, and gives the manifest that says so. */
export async function writeCommits(
  run: Run,
  plan: LoadPlan,
  { folder, way, counts, rowCount, kept, target, structure }: Committed,
): Promise<Manifest> {
  const file = await writeLines(join(folder, path), plan);
  const { before, inserted, updated, unchanged, quarantined } = counts;
  const { mode } = plan.table.load;
  const commits = resourceOf(file, { path, role: "commits", fields, primaryKey: ["part"] });
  return buildManifest([commits, ...kept], {
    ...statedOfBoth(run, plan, target),
    counts: {
      written: plan.rowCount,
      loaded: plan.rowCount - quarantined,
      quarantined,
      before,
      ...(mode === "replace" ? {} : { inserted, updated, unchanged }),
      target: rowCount,
    },
    checksum: checksumOf(plan),
    details: { mode, way, generation: plan.generation, ...(structure && { structure: structure.map(recorded) }) },
  });
}

const recorded = ({ kind, name, definition }: StructureObject) => ({ kind, name, definition });

/** Of all rows: those of the run and those of its replays. */
function checksumOf({ transform, replays }: LoadPlan): Checksum | null {
  const checksums = [transform, ...replays.map((replay) => replay.transform)].map(({ _waybill }) => _waybill.checksum);
  return checksums.reduce((sum, one) => (sum === null || one === null ? null : addChecksums(sum, one)));
}

async function writeLines(file: string, { lines }: LoadPlan): Promise<WrittenFile> {
  const rows = lines.map(({ part, hash, rowCount, generation }) => [part, hash, String(rowCount), generation]);
  return await writeRows(
    file,
    fields.map(({ name }) => name),
    rows,
  );
}

interface LoadedUnit {
  /** The very rows that were upserted. */
  readonly resource: Resource;
  /** The rows of the target as they were before. */
  readonly kept: readonly Resource[];
  readonly outcome: UpsertOutcome;
  readonly rowCount: number;
  readonly target: DatabaseIdentity;
}

/** The manifest of a unit's table: the rows that were upserted, and how many were read but left alone. */
export function unitManifest(
  run: Run,
  plan: LoadPlan,
  { resource, kept, outcome, rowCount, target }: LoadedUnit,
): Manifest {
  const { inserted, updated, unchanged } = outcome;
  return buildManifest([resource, ...kept], {
    ...statedOfBoth(run, plan, target),
    counts: {
      written: plan.rowCount,
      loaded: rowCount,
      quarantined: 0,
      leftAlone: plan.rowCount - rowCount,
      inserted,
      updated,
      unchanged,
    },
    checksum: null,
    details: { mode: "upsert", generation: plan.generation },
  });
}

/** What the manifest of a whole table and that of a unit state alike. */
function statedOfBoth(run: Run, plan: LoadPlan, target: DatabaseIdentity) {
  return {
    stage: "load",
    subject: plan.table.name,
    migration: run.migration.id,
    fingerprint: plan.fingerprint,
    inputs: [
      { path: run.work.manifestName("transform", plan.table.name), outputHash: plan.transform._waybill.outputHash },
      ...plan.replays.map(({ input }) => input),
    ],
    snapshots: [],
    verdict: { code: 0, reasons: [] },
    tool: { ...tool(), target: `${target.product} ${target.version}` },
  } as const;
}
