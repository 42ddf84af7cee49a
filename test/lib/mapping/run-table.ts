import { DuckDBInstance } from "@duckdb/node-api";
import { registerFunction } from "../../../lib/engine/node-functions.js";
import { compileTable } from "../../../lib/mapping/compile-table.js";
import { type CompiledTable, lookupColumn, valueName } from "../../../lib/mapping/compiled.js";
import { parseLookup } from "../../../lib/mapping/lookup-file.js";
import type { SpecificationFile } from "../../../lib/mapping/migration.js";
import { parseMigration } from "../../../lib/mapping/parse-migration.js";
import { identifier, literal } from "../../../lib/mapping/sql.js";
import { filesOf } from "./specification-fixture.js";

type Value = string | null;

/** Where one source row went. */
export interface RowOutcome {
  readonly values: readonly Value[];
  /** The rule and reason that rejected it, or null. */
  readonly rejected: { readonly rule: string; readonly reason: Value } | null;
  readonly filtered: string | null;
  readonly flagged: boolean;
}

/** Rows of one extract: all columns text, as they stand in its files. */
export interface SourceRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Compiles a table of a specification (the first in order) and runs it in DuckDB, one layer of SELECT for each step. */
export async function runPeople(
  contents: Readonly<Record<string, string>>,
  source: SourceRows,
  index = 0,
): Promise<readonly RowOutcome[]> {
  const migration = parseMigration(filesOf(contents));
  const table = migration.tables[index];
  if (table === undefined) throw new Error("no table");
  const columns = source.columns.map((name) => ({ name, type: "string", databaseType: "text" }));
  return runCompiled(compileTable(migration.id, table, columns), { source, files: migration.files });
}

/** The values of one column `v` made of source column `x`, and what became of the rows. */
export function runColumn(
  rules: string,
  values: readonly Value[],
  more: Readonly<Record<string, string>> = {},
): Promise<readonly RowOutcome[]> {
  const people = `table: people\ncolumns:\n  v: ${rules}\n  flagged: { flagged: true }\n`;
  return runPeople({ "people.yaml": people, ...more }, { columns: ["x"], rows: values.map((value) => [value]) });
}

interface Run {
  readonly source: SourceRows;
  readonly files: readonly SpecificationFile[];
}

async function runCompiled(compiled: CompiledTable, { source, files }: Run): Promise<readonly RowOutcome[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(tableOf("source", source));
    for (const lookup of compiled.lookups) {
      const file = files.find(({ path }) => path === lookup.file);
      if (file === undefined) throw new Error(`no ${lookup.file}`);
      const { columns, rows } = parseLookup(file);
      await connection.run(tableOf(lookup.name, { columns: columns.map(lookupColumn), rows }));
    }
    const file = (path: string) => files.find((one) => one.path === path) ?? { path, content: Buffer.from("") };
    for (const fn of compiled.functions)
      await registerFunction(connection, fn, { secret: (name) => `key in ${name}`, file });
    const reader = await connection.runAndReadAll(queryOf(compiled));
    return reader.getRowObjectsJson().map((row) => ({
      values: compiled.columns.map((_, index) => textOf(row[`v${index}`])),
      rejected: row.rule === null ? null : { rule: String(row.rule), reason: textOf(row.reason) },
      filtered: textOf(row.filtered),
      flagged: row.flagged === true,
    }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const textOf = (value: unknown): Value => (value === null || value === undefined ? null : String(value));

function tableOf(name: string, { columns, rows }: SourceRows): string {
  const values = [columns.map(() => null), ...rows].map((row) => `(${row.map(literal).join(", ")})`);
  // The first row only gives the columns their type.
  return `CREATE TABLE ${identifier(name)} AS SELECT * FROM (VALUES ${values.join(", ")}) t(${columns.map(identifier).join(", ")}) OFFSET 1`;
}

function queryOf({ columns, filters, rejects }: CompiledTable): string {
  const depth = Math.max(0, ...columns.map(({ steps }) => steps.length));
  const starts = columns.map(({ start }, index) => `${start ?? "NULL"} AS ${identifier(valueName(index, 0))}`);
  const verdicts = [
    `${firstOf(filters.map(({ rule, keep }) => [`${keep} IS NOT TRUE`, literal(rule)]))} AS filtered`,
    `${firstOf(rejects.map(({ rule, when, reason }) => [when, pairOf(rule, reason)]))} AS "~r0"`,
  ];
  let query = `SELECT *, ${[...starts, ...verdicts].join(", ")} FROM source`;
  for (let step = 1; step <= depth; step += 1) query = layerOf(columns, step, query);
  const layers = Array.from({ length: depth }, (_, step) => step + 1);
  const verdict = `coalesce(${["~r0", ...layers.map((step) => `~r${step}`)].map(identifier).join(", ")})`;
  const values = columns.map(({ steps }, index) => `${identifier(valueName(index, steps.length))} AS v${index}`);
  const flagged = layers.map((step) => `coalesce(${identifier(`~f${step}`)}, false)`).join(" OR ") || "false";
  return `SELECT ${values.join(", ")}, filtered, ${verdict}[1] AS rule, ${verdict}[2] AS reason, ${flagged} AS flagged FROM (${query})`;
}

function layerOf(columns: CompiledTable["columns"], step: number, below: string): string {
  const steps = columns.map(({ steps }) => steps[step - 1]);
  const present = steps.flatMap((found) => found ?? []);
  const values = steps.flatMap((found, index) =>
    found === undefined ? [] : [`${found.value} AS ${identifier(valueName(index, step))}`],
  );
  const rejects = present.flatMap(({ rule, reject }): [string, string][] =>
    reject ? [[reject.when, pairOf(rule, reject.reason)]] : [],
  );
  const flags = present.flatMap(({ flag }) => flag ?? []);
  const joins = present.flatMap(({ join }) => (join ? [`LEFT JOIN ${identifier(join.lookup)} ON ${join.on}`] : []));
  const verdicts = [
    `${firstOf(rejects)} AS ${identifier(`~r${step}`)}`,
    `${flags.join(" OR ") || "false"} AS ${identifier(`~f${step}`)}`,
  ];
  const reads = present.flatMap(({ read }) => (read ? [`${read.value} AS ${read.name}`] : []));
  const read = `SELECT ${["*", ...reads].join(", ")} FROM (${below})`;
  return `SELECT below.*, ${[...values, ...verdicts].join(", ")} FROM (${read}) below ${joins.join(" ")}`;
}

const pairOf = (rule: string, reason: string): string => `[${literal(rule)}, ${reason}]`;

function firstOf(cases: readonly (readonly [string, string])[]): string {
  return cases.length === 0 ? "NULL" : `CASE ${cases.map(([when, then]) => `WHEN ${when} THEN ${then}`).join(" ")} END`;
}
