import { join } from "node:path";
import type { ForeignKey } from "../../lib/databases/port.js";
import type { LostParents, ParentReference, RejectSettings } from "../../lib/databases/rejects-port.js";
import type { Target } from "../../lib/databases/target-port.js";
import { readRows } from "../../lib/files/csv-rows.js";
import { readManifest } from "../../lib/files/manifest-file.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { filesOf, type Resource } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import type { LoadPlan } from "./plan.js";

/** What a load must know of the other tables of its run to put rows aside. */
export interface Others {
  /** What was kept beside the manifests of the tables loaded before this one. */
  readonly kept: ReadonlyMap<Table["name"], readonly Resource[]>;
  /** The tables whose turn comes after this one's. */
  readonly later: readonly Table["name"][];
  /** The table's own, as they were before anything stood aside. */
  readonly foreignKeys: readonly ForeignKey[];
}

/** What becomes of rows that the target refuses: how many are accepted, and which parents were put aside before. */
export async function rejectSettings(
  run: Run,
  target: Target,
  { plan, others }: { readonly plan: LoadPlan; readonly others: Others },
): Promise<RejectSettings> {
  const { table } = plan;
  return {
    on: table.load.onReject,
    atMost: acceptedRows(run.migration, plan),
    parents: await lostParents(run, target, { table, others }),
    later: others.later,
    tell: (words) => run.reporter.say("quarantines", `load ${table.name}: ${words}`, { table: table.name }),
    aside: undefined,
  };
}

/** How many rows may be put aside, so that no more of those that were read are lost than the data owner accepts. */
export function acceptedRows({ acceptance }: Pick<Migration, "acceptance">, { transform, replays }: LoadPlan): number {
  const limit = acceptance.rejectedMaxPercent;
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  const { read = 0, rejected = 0 } = transform._waybill.counts;
  const replayed = replays.map((replay) => replay.transform._waybill.counts);
  const still = replayed.reduce((sum, counts) => sum - (counts.read ?? 0) + (counts.rejected ?? 0), rejected);
  // 0.07 % of 10,000 rows are 7, whatever a float makes of it.
  return Math.max(0, Math.floor((limit * read) / 100 + 1e-9) - still);
}

interface Child {
  readonly table: Table;
  readonly others: Others;
}

async function lostParents(run: Run, target: Target, { table, others }: Child): Promise<readonly LostParents[]> {
  const own = table.relationships.map(({ column, parent, parentColumn }) => {
    return { columns: [column], parent, parentColumns: [parentColumn] };
  });
  const lost: LostParents[] = own.filter(({ parent }) => parent === table.name).map((one) => ({ ...one, values: [] }));
  for (const { name } of run.migration.tables) {
    if (name === table.name || others.later.includes(name)) continue;
    const path = await quarantineOf(run, name, others.kept);
    if (path === undefined) continue;
    const { qualifiedName } = await target.describe(name);
    const keys = others.foreignKeys.filter(({ parent }) => parent === qualifiedName);
    for (const reference of distinct([...own.filter(({ parent }) => parent === name), ...keys]))
      lost.push({ ...reference, parent: name, values: await valuesOf(path, reference.parentColumns) });
  }
  return lost;
}

// A relationship of the specification and a foreign key of the catalog often say the same.
function distinct(references: readonly ParentReference[]): readonly ParentReference[] {
  const named = references.map(({ columns, parent, parentColumns }) => {
    return [JSON.stringify([columns, parentColumns]), { columns, parent, parentColumns }] as const;
  });
  return [...new Map(named).values()];
}

/** The file of the rows of a table that were put aside, by this run or by the one that loaded it. */
async function quarantineOf(run: Run, name: Table["name"], kept: Others["kept"]): Promise<string | undefined> {
  const folder = run.work.stageFolder("load", name);
  const manifest = kept.has(name) ? undefined : await readManifest(folder);
  const files = kept.get(name) ?? (manifest === undefined ? [] : filesOf(manifest, "rejects"));
  const file = files.find(({ _role, _rowCount }) => _role === "rejects" && _rowCount > 0);
  return file === undefined ? undefined : join(folder, file.path);
}

async function valuesOf(path: string, columns: readonly string[]): Promise<LostParents["values"]> {
  const values: (readonly (string | null)[])[] = [];
  let places: readonly number[] | undefined;
  for await (const row of readRows(path)) {
    // From behind: a column of the table may bear the name of one of those that load puts before.
    if (places === undefined) places = columns.map((name) => row.lastIndexOf(name));
    else values.push(places.map((place) => row[place] ?? null));
  }
  return values;
}
