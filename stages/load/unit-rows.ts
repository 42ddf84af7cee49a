import { join } from "node:path";
import { readRows } from "../../lib/files/csv-rows.js";
import { requireManifest } from "../../lib/files/manifest-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import type { Unit, UnitKey } from "../../lib/mapping/unit.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import { filesOf, type Resource } from "../../lib/model/manifest.js";
import type { Run } from "../../lib/program/open-run.js";
import type { LoadPlan } from "./plan.js";

type Row = readonly CsvValue[];
type UnitOfKey = Unit & { readonly kind: "key" };

/** What became of the row asked for: the target keys it ended under, or why it ended under none. */
export interface Fate {
  readonly targetKeys: ReadonlySet<string>;
  readonly refusal: StageError | undefined;
}

/** Looks the row asked for up in its table's ledger. A duplicate ends under its winner's key. */
export async function fateOf(run: Run, unit: UnitOfKey): Promise<Fate> {
  const [table] = unit.chosen;
  if (table === undefined) throw new Error("a unit by key has no table");
  const folder = run.work.stageFolder("transform", table.name);
  const transform = await requireManifest(folder, run.command("transform", table.name));
  const wanted = keyText(unit.key, await keyColumns(run, table));
  const targetKeys = new Set<string>();
  const refusals: string[] = [];
  for (const line of await ledgerOf(folder, filesOf(transform, "ledger"), wanted)) {
    const key = line.winner_target_key ?? (line.disposition === "written" ? line.target_key : null);
    if (key != null) targetKeys.add(key);
    else refusals.push(`${line.disposition} by ${line.rule}`);
    run.reporter.say("fate", `${table.name} ${wanted}: ${sentence(line)}`, {
      table: table.name,
      disposition: line.disposition ?? null,
      rule: line.rule ?? null,
    });
  }
  if (targetKeys.size > 0) return { targetKeys, refusal: undefined };
  const refusal = new StageError(
    "difference",
    `${table.name} ${wanted} was ${refusals.join(", ") || "not found"}; nothing was written`,
    `look at it: waybill inspect ${join(folder, "rejects.csv.gz")}`,
  );
  return { targetKeys, refusal };
}

function sentence(line: Readonly<Record<string, CsvValue>>): string {
  if (line.disposition === "written") return `written as ${line.target_key}`;
  if (line.disposition === "deduplicated")
    return `deduplicated; its winner is ${line.winner_key} (occurrence ${line.winner_occurrence})`;
  return `${line.disposition} by ${line.rule}`;
}

async function keyColumns(run: Run, table: Table): Promise<readonly string[]> {
  const extract = await requireManifest(
    run.work.stageFolder("extract", table.from),
    run.command("extract", table.name),
  );
  return (extract._waybill.details.key ?? []) as readonly string[];
}

// As the ledger writes it: the value, or a JSON list where several columns make the key.
function keyText(key: UnitKey, columns: readonly string[]): string {
  if (key.kind === "value") return key.value;
  const values = columns.map((name) => key.values[name] ?? null);
  return values.length === 1 ? String(values[0]) : JSON.stringify(values);
}

async function ledgerOf(
  folder: string,
  files: readonly Resource[],
  key: string,
): Promise<readonly Readonly<Record<string, CsvValue>>[]> {
  const lines: Readonly<Record<string, CsvValue>>[] = [];
  for (const file of files) {
    const names = file.schema.fields.map(({ name }) => name);
    for await (const row of rowsOf(join(folder, file.path))) {
      if (row[names.indexOf("key")] === key)
        lines.push(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
    }
  }
  return lines;
}

async function* rowsOf(path: string): AsyncGenerator<Row> {
  let isHeader = true;
  for await (const row of readRows(path)) {
    if (!isHeader) yield row;
    isHeader = false;
  }
}

interface Choice {
  readonly plans: readonly LoadPlan[];
  /** Target keys of the chosen table; undefined: every row of the chosen tables. */
  readonly wanted: ReadonlySet<string> | undefined;
}

/** The rows to upsert, table by table: those asked for, and of other tables the rows that these refer to. */
export async function chooseRows(
  run: Run,
  unit: Unit,
  { plans, wanted }: Choice,
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const chosen = new Map<string, readonly Row[]>();
  // Children first: by the time a parent's turn comes, all who refer to it are known.
  for (const plan of [...plans].reverse()) {
    const rows = await readAll(run, plan);
    const asked = unit.chosen.some(({ name }) => name === plan.table.name)
      ? rows.filter((row) => isWanted(plan, row, wanted))
      : [];
    const referred = rows.filter((row) => isReferredTo(plan, row, { plans, chosen }));
    chosen.set(plan.table.name, withAncestors(plan, rows, new Set([...asked, ...referred])));
  }
  return chosen;
}

async function readAll(run: Run, { table, parts }: LoadPlan): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { path } of parts)
    for await (const row of rowsOf(join(run.work.stageFolder("transform", table.name), path))) rows.push(row);
  return rows;
}

function isWanted({ transform, columns }: LoadPlan, row: Row, wanted: ReadonlySet<string> | undefined): boolean {
  if (wanted === undefined) return true;
  const key = (transform._waybill.details.targetKey ?? []) as readonly string[];
  const values = key.map((name) => row[columns.indexOf(name)] ?? null);
  return wanted.has(values.length === 1 ? String(values[0]) : JSON.stringify(values));
}

function isReferredTo(
  { table, columns }: LoadPlan,
  row: Row,
  { plans, chosen }: { readonly plans: readonly LoadPlan[]; readonly chosen: ReadonlyMap<string, readonly Row[]> },
): boolean {
  return plans.some((child) =>
    child.table.relationships.some(({ parent, parentColumn, column }) => {
      if (parent !== table.name || child.table.name === table.name) return false;
      const value = row[columns.indexOf(parentColumn)];
      const at = child.columns.indexOf(column);
      return value != null && (chosen.get(child.table.name) ?? []).some((childRow) => childRow[at] === value);
    }),
  );
}

// A table may refer to itself: a row brings the rows above it along. The rows keep their order.
function withAncestors({ table, columns }: LoadPlan, rows: readonly Row[], chosen: Set<Row>): readonly Row[] {
  for (const { parent, parentColumn, column } of table.relationships) {
    if (parent !== table.name) continue;
    const byKey = new Map(rows.map((row) => [row[columns.indexOf(parentColumn)], row]));
    // A set may grow while it is gone through: what is added comes up in its turn.
    for (const row of chosen) {
      const above = byKey.get(row[columns.indexOf(column)] ?? null);
      if (above !== undefined) chosen.add(above);
    }
  }
  return rows.filter((row) => chosen.has(row));
}
