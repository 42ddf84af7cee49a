import type { DatabaseTable } from "../../lib/databases/port.js";
import type { LoadCheck, LoadLine, Standing } from "../../lib/databases/target-port.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { holdsPrivate } from "../../lib/mapping/private-columns.js";
import { StageError } from "../../lib/model/errors.js";
import { hashOf } from "../../lib/model/hash.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import type { Sha256 } from "../../lib/model/names.js";
import { nearest } from "../../lib/model/nearest.js";
import type { Replay } from "../../lib/program/standing-replays.js";

/** A part to be loaded, where it lies, and the name it has among all parts of its table. */
export interface PlannedPart {
  readonly name: string;
  readonly folder: string;
  readonly file: Resource;
}

/** What is to be loaded into one table, settled from the manifests of its transform and of its replays alone. */
export interface LoadPlan {
  readonly table: Table;
  readonly transform: Manifest;
  readonly replays: readonly Replay[];
  /** Those of the transform, then those of its replays. */
  readonly parts: readonly PlannedPart[];
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** What waybill.loads must say of this very output: a new transform opens a new generation. */
  readonly lines: readonly LoadLine[];
  readonly generation: Sha256;
  readonly fingerprint: Sha256;
}

/** What a table's transform left, and where it lies. */
export interface Transformed {
  readonly folder: string;
  readonly transform: Manifest;
  readonly replays: readonly Replay[];
}

/** Plans a table's load. Throws "integrity" when the parts do not add up to what transform wrote. */
export function planTable(migration: Migration, table: Table, { folder, transform, replays }: Transformed): LoadPlan {
  const parts = [
    ...filesOf(transform, "part").map((file) => ({ name: file.path, folder, file })),
    ...replays.flatMap((replay) =>
      filesOf(replay.transform, "part").map((file) => ({
        name: `replay-${replay.name}/${file.path}`,
        folder: replay.folder,
        file,
      })),
    ),
  ];
  // A replay makes another generation of the table, and so does taking it back.
  const generation =
    replays.length === 0
      ? transform._waybill.outputHash
      : hashOf([transform._waybill.outputHash, ...replays.map(({ input }) => input.outputHash)]);
  const rowCount = parts.reduce((sum, { file }) => sum + file._rowCount, 0);
  const written = [transform, ...replays.map((replay) => replay.transform)].reduce(
    (sum, { _waybill }) => sum + (_waybill.counts.written ?? 0),
    0,
  );
  if (rowCount !== written) {
    throw new StageError(
      "integrity",
      `${table.name}: transform wrote ${written} rows, its parts hold ${rowCount}`,
      `run it again: waybill transform ${table.name} --force`,
    );
  }
  return {
    table,
    transform,
    replays,
    parts,
    columns: parts[0]?.file.schema.fields.map(({ name }) => name) ?? [],
    rowCount,
    lines: parts.map(({ name, file }) => ({
      generation,
      part: name,
      hash: file._contentHash,
      rowCount: file._rowCount,
    })),
    generation,
    fingerprint: hashOf({ program: "load/1", migration: migration.id, table: table.name, ...table.load, generation }),
  };
}

/** The reason of a first load, which needs no explanation. */
export const notLoadedYet = "not loaded yet";

/** Why the target does not hold what this plan loads, as somebody would say it; undefined when it does. */
export function ledgerDifference(plan: LoadPlan, { generation, lines, others }: Standing): string | undefined {
  if (generation === undefined) return others === 0 ? notLoadedYet : "the target holds the rows of another transform";
  if (generation.state === "taken back") return "it was rolled back";
  if (generation.state !== "live") return generation.state === "open" ? "it was not finished" : "it was replaced since";
  const { quarantined } = generation.counts;
  const arrived = lines.reduce((sum, { rowCount }) => sum + rowCount, 0);
  if (
    JSON.stringify(lines.map(lineValues)) !== JSON.stringify(plan.lines.map(lineValues)) ||
    arrived + quarantined !== plan.rowCount
  )
    return "the target holds the rows of another transform";
  const { mode, onReject } = plan.table.load;
  // The very rows are there, however they came; but nobody else's may be beside them.
  if (mode === "replace" && generation.mode !== mode && generation.counts.after !== arrived)
    return `it replaces all rows now, and ${generation.counts.after - arrived} of others were left beside its own`;
  if (quarantined > 0 && onReject === "fail")
    return `${quarantined} of its rows were quarantined, which its specification no longer allows`;
  return undefined;
}

/** Why the table does not hold what the ledger says was left there; undefined when it does. */
export function rowDifference(
  plan: LoadPlan,
  { generation, addedSince }: Pick<Standing, "generation" | "addedSince">,
  rowCount: number,
): string | undefined {
  if (generation === undefined) return undefined;
  const expected = generation.counts.after + addedSince;
  // Whoever keeps rows beside ours may add to them; of a replaced table nobody but us writes.
  const lost = plan.table.load.mode === "replace" ? rowCount !== expected : rowCount < expected;
  return lost ? `the target holds ${rowCount} rows, ${expected} were there after it was loaded` : undefined;
}

// Of a part of which rows were quarantined fewer arrived: how many it holds is known by its hash.
function lineValues({ part, generation, hash }: LoadLine): readonly string[] {
  return [part, generation, hash];
}

/** What is asked of a target before and when a table is loaded; `primaryKey` names its rows where no key is declared. */
export function checkOf(
  migration: Migration,
  { table, columns, rowCount }: LoadPlan,
  { confirmed, primaryKey }: { readonly confirmed: boolean; readonly primaryKey: readonly string[] },
): LoadCheck {
  const { mode, inPlace, triggers, onReject } = table.load;
  const key = table.key ?? primaryKey;
  const hidesKey = holdsPrivate(table, key);
  const asked = { migration: migration.id, table: table.name, mode, columns, key, hidesKey, rowCount };
  return { ...asked, inPlace, triggers, confirmed, onReject };
}

/** Everything that keeps the files' columns from being loaded into the target's table, one sentence each. */
export function columnProblems({ table, columns, parts }: LoadPlan, target: DatabaseTable): readonly string[] {
  if (parts.length === 0) return [];
  const names = target.columns.map(({ name }) => name);
  const delivered = columns.flatMap((column) => {
    const found = target.columns.find(({ name }) => name === column);
    const where = `${placeOf(table, column)}: ${target.qualifiedName}`;
    if (found === undefined) return [`${where} has no column ${column}${similar(column, names)}`];
    return found.generated ? [`${where} computes its column ${column} by itself: leave it out of the mapping`] : [];
  });
  const needed = target.columns.filter(
    ({ name, nullable, generated, identity, hasDefault }) =>
      !nullable && !generated && !identity && !hasDefault && !columns.includes(name),
  );
  const missing = needed.map(
    ({ name }) =>
      `${table.file}: ${target.qualifiedName} needs a value in ${name} (NOT NULL without default), and the mapping gives none`,
  );
  return [...delivered, ...missing];
}

/** Where a table's file speaks of a column: `people.yaml:5`. */
export function placeOf(table: Table, column: string): string {
  const line = table.lines.get(`columns.${column}`);
  return line === undefined ? table.file : `${table.file}:${line}`;
}

function similar(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found === undefined ? "" : `; did you mean ${found}?`;
}
