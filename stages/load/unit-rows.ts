import { join } from "node:path";
import { readBody } from "../../lib/files/csv-rows.js";
import { requireManifest } from "../../lib/files/manifest-file.js";
import type { Table } from "../../lib/mapping/migration.js";
import type { Unit } from "../../lib/mapping/unit.js";
import type { UnitKey } from "../../lib/mapping/unit-key.js";
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

/** Looks the row asked for up in its table's ledger, of each extract. A duplicate ends under its winner's key. */
export async function fateOf(run: Run, unit: UnitOfKey): Promise<Fate> {
  const [table] = unit.chosen;
  if (table === undefined) throw new Error("a unit by key has no table");
  const folder = run.work.stageFolder("transform", table.name);
  const transform = await requireManifest(folder, run.command("transform", table.name));
  const wanted = await wantedKeys(run, unit, table);
  const targetKeys = new Set<string>();
  const refusals: string[] = [];
  for (const line of await ledgerOf(folder, filesOf(transform, "ledger"), wanted)) {
    const key = line.winner_target_key ?? (line.disposition === "written" ? line.target_key : null);
    if (key != null) targetKeys.add(key);
    else refusals.push(`${line.disposition} by ${line.rule}`);
    run.reporter.say("fate", `${table.name} ${line.key}: ${sentence(line)}`, {
      table: table.name,
      disposition: line.disposition ?? null,
      rule: line.rule ?? null,
    });
  }
  if (targetKeys.size > 0) return { targetKeys, refusal: undefined };
  const refusal = new StageError(
    "difference",
    `${table.name} ${[...new Set(wanted.values())].join(", ")} was ${refusals.join(", ") || "not found"}; nothing was written`,
    `look at it: waybill inspect ${join(folder, "rejects.csv.gz")}`,
  );
  return { targetKeys, refusal };
}

function sentence(line: Readonly<Record<string, CsvValue>>): string {
  if (line.disposition === "written") return `written as ${line.target_key}`;
  if (line.disposition === "deduplicated")
    return `deduplicated; its winner is ${line.winner_key} (occurrence ${line.winner_occurrence}) of ${line.winner_extract}`;
  return `${line.disposition} by ${line.rule}`;
}

/** The key asked for as the ledger writes it, for each extract of the table. */
async function wantedKeys(run: Run, unit: UnitOfKey, table: Table): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const name of table.extracts) {
    const extract = await requireManifest(run.work.stageFolder("extract", name), run.command("extract", table.name));
    keys.set(name, keyText(unit.key, (extract._waybill.details.key ?? []) as readonly string[]));
  }
  return keys;
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
  wanted: ReadonlyMap<string, string>,
): Promise<readonly Readonly<Record<string, CsvValue>>[]> {
  const lines: Readonly<Record<string, CsvValue>>[] = [];
  for (const file of files) {
    const names = file.schema.fields.map(({ name }) => name);
    for await (const row of readBody(join(folder, file.path))) {
      const extract = row[names.indexOf("extract")];
      if (extract != null && row[names.indexOf("key")] === wanted.get(extract))
        lines.push(Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
    }
  }
  return lines;
}

interface Choice {
  readonly plans: readonly LoadPlan[];
  /** Target keys of the chosen table; undefined: every row of the chosen tables. */
  readonly wanted: ReadonlySet<string> | undefined;
}

/**
 * The rows to upsert, table by table: those asked for, the rows that these refer to, and so on until no row is added,
 * also where tables refer to one another. The rows keep their order.
 */
export async function chooseRows(unit: Unit, { plans, wanted }: Choice): Promise<ReadonlyMap<string, readonly Row[]>> {
  const all = new Map<string, readonly Row[]>();
  for (const plan of plans) all.set(plan.table.name, await readAll(plan));
  const parentsOf = referredRows(plans, all);
  const chosen = new Map<Row, LoadPlan>();
  for (const plan of plans) {
    if (!unit.chosen.some(({ name }) => name === plan.table.name)) continue;
    for (const row of all.get(plan.table.name) ?? []) if (isWanted(plan, row, wanted)) chosen.set(row, plan);
  }
  // A map may grow while it is gone through: what is added comes up in its turn.
  for (const [row, plan] of chosen) for (const [parent, of] of parentsOf(plan, row)) chosen.set(parent, of);
  return new Map([...all].map(([name, rows]) => [name, rows.filter((row) => chosen.has(row))]));
}

async function readAll({ parts }: LoadPlan): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { folder, file } of parts) for await (const row of readBody(join(folder, file.path))) rows.push(row);
  return rows;
}

function isWanted({ transform, columns }: LoadPlan, row: Row, wanted: ReadonlySet<string> | undefined): boolean {
  if (wanted === undefined) return true;
  const key = (transform._waybill.details.targetKey ?? []) as readonly string[];
  const values = key.map((name) => row[columns.indexOf(name)] ?? null);
  return wanted.has(values.length === 1 ? String(values[0]) : JSON.stringify(values));
}

type ParentsOf = (plan: LoadPlan, row: Row) => readonly (readonly [Row, LoadPlan])[];

/** Finds the rows that a row refers to. What is referred to is indexed once: a table's rows by one of its columns. */
function referredRows(plans: readonly LoadPlan[], all: ReadonlyMap<string, readonly Row[]>): ParentsOf {
  const indexes = new Map<string, ReadonlyMap<string, readonly Row[]>>();
  const indexOf = ({ table, columns }: LoadPlan, column: string) => {
    const name = JSON.stringify([table.name, column]);
    const index = indexes.get(name) ?? byValue(all.get(table.name) ?? [], columns.indexOf(column));
    indexes.set(name, index);
    return index;
  };
  return ({ table, columns }, row) =>
    table.relationships.flatMap(({ column, parent, parentColumn }) => {
      const value = row[columns.indexOf(column)];
      const of = plans.find((plan) => plan.table.name === parent);
      if (value == null || of === undefined) return [];
      return (indexOf(of, parentColumn).get(value) ?? []).map((found) => [found, of] as const);
    });
}

function byValue(rows: readonly Row[], place: number): ReadonlyMap<string, readonly Row[]> {
  const index = new Map<string, Row[]>();
  for (const row of rows) {
    const value = row[place];
    if (value == null) continue;
    const same = index.get(value) ?? [];
    same.push(row);
    index.set(value, same);
  }
  return index;
}
