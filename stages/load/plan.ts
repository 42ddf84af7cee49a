import type { DatabaseTable, LoadLine } from "../../lib/databases/port.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import { hashOf } from "../../lib/model/hash.js";
import { filesOf, type Manifest, type Resource } from "../../lib/model/manifest.js";
import type { Sha256 } from "../../lib/model/names.js";
import { nearest } from "../../lib/model/nearest.js";

/** What is to be loaded into one table, settled from the transform's manifest alone. */
export interface LoadPlan {
  readonly table: Table;
  readonly transform: Manifest;
  readonly parts: readonly Resource[];
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** What waybill.loads must say of this very output: a new transform opens a new generation. */
  readonly lines: readonly LoadLine[];
  readonly generation: Sha256;
  readonly fingerprint: Sha256;
}

/** Plans a table's load. Throws "integrity" when the parts do not add up to what transform wrote. */
export function planTable(migration: Migration, table: Table, transform: Manifest): LoadPlan {
  const parts = filesOf(transform, "part");
  const generation = transform._waybill.outputHash;
  const rowCount = parts.reduce((sum, part) => sum + part._rowCount, 0);
  const { written } = transform._waybill.counts;
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
    parts,
    columns: parts[0]?.schema.fields.map(({ name }) => name) ?? [],
    rowCount,
    lines: parts.map((part) => ({ generation, part: part.path, hash: part._contentHash, rowCount: part._rowCount })),
    generation,
    fingerprint: hashOf({ program: "load/1", migration: migration.id, table: table.name, ...table.load, generation }),
  };
}

/** The reason of a first load, which needs no explanation. */
export const notLoadedYet = "not loaded yet";

/** Why the target's ledger does not speak of this plan's rows, as somebody would say it; undefined when it does. */
export function ledgerDifference(plan: LoadPlan, lines: readonly LoadLine[]): string | undefined {
  // Units upsert single rows into a loaded table: they leave lines of their own beside the parts'.
  const ours = lines.filter(({ part }) => !part.startsWith("unit:"));
  if (ours.length === 0) return notLoadedYet;
  const same = JSON.stringify(ours.map(lineValues)) === JSON.stringify(plan.lines.map(lineValues));
  return same ? undefined : "the target holds the rows of another transform";
}

/** Why the target does not hold as many rows as were loaded; undefined when it does. */
export function rowDifference(plan: LoadPlan, rowCount: number): string | undefined {
  return rowCount === plan.rowCount ? undefined : `the target holds ${rowCount} rows, ${plan.rowCount} were loaded`;
}

function lineValues({ part, generation, hash, rowCount }: LoadLine): readonly (string | number)[] {
  return [part, generation, hash, rowCount];
}

/** Everything that keeps the files' columns from being loaded into the target's table, one sentence each. */
export function columnProblems({ table, columns, parts }: LoadPlan, target: DatabaseTable): readonly string[] {
  if (parts.length === 0) return [];
  const names = target.columns.map(({ name }) => name);
  const place = (column: string): string => {
    const line = table.lines.get(`columns.${column}`);
    return line === undefined ? table.file : `${table.file}:${line}`;
  };
  const delivered = columns.flatMap((column) => {
    const found = target.columns.find(({ name }) => name === column);
    const where = `${place(column)}: ${target.qualifiedName}`;
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

function similar(name: string, names: readonly string[]): string {
  const found = nearest(name, names);
  return found === undefined ? "" : `; did you mean ${found}?`;
}

/** Refuses a `--confirm` that names something else than this migration. */
export function assertConfirmed(migration: Migration, confirm: string | undefined): void {
  if (confirm === undefined || confirm === migration.id) return;
  throw new StageError(
    "usage",
    `--confirm says ${confirm}, but this migration is ${migration.id}`,
    `if you are sure that rows of others may go: --confirm ${migration.id}`,
  );
}
