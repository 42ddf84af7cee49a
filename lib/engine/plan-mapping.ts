import { compileTable } from "../mapping/compile-table.js";
import { type CompiledTable, type SourceColumn, valueName } from "../mapping/compiled.js";
import { withKnownFaults } from "../mapping/invalid-text.js";
import type { Relationship, Table } from "../mapping/migration.js";
import { ownExtract } from "../mapping/origins/origin.js";
import { tableOf } from "../mapping/per-extract.js";
import { assertNoProblems } from "../mapping/problems.js";
import { identifier } from "../mapping/sql.js";
import { replacedColumns, replacementName } from "../mapping/steps.js";
import { filesOf, type Manifest } from "../model/manifest.js";
import { type ExtractName, extractName, type Sql } from "../model/names.js";
import { isReplay, lineageColumns } from "../model/resource.js";
import { disagreements } from "./disagreements.js";
import { sourceColumnsOf } from "./source-columns.js";

/** A reference to a parent table, settled: which column of the child, and where the engine knows the parent from. */
export interface ParentLink {
  readonly relationship: Relationship;
  /** The index of the child's column. */
  readonly column: number;
  /** What the parent's transform wrote; undefined for a parent that is settled together with the child. */
  readonly outside: OutsideParent | undefined;
}

/** The engine's tables of a parent that was mapped before: its keys, and the source keys they were made from. */
export interface OutsideParent {
  readonly keys: Sql;
  readonly sourceKeys: Sql;
}

/** Where the candidates of a table and what is settled of them lie. */
export interface SettleTables {
  readonly candidates: Sql;
  readonly settled: Sql;
}

/** An extract's files: where they lie and what its manifest promises. */
export interface ExtractInput {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The plans of one table, in the order of its extracts. */
export type TablePlans = readonly [MappingPlan, ...(readonly MappingPlan[])];

/**
 * Everything about mapping a table from one of its extracts that is decided before the first row. The plans of a table
 * have the same columns and agree on what concerns all its rows: target key, parents, passes.
 */
export interface MappingPlan {
  readonly table: Table;
  readonly extract: ExtractName;
  readonly input: ExtractInput;
  readonly compiled: CompiledTable;
  readonly sourceColumns: readonly SourceColumn[];
  /** The source columns of all the table's extracts, each name once, in the order in which they first stand. */
  readonly allSourceColumns: readonly SourceColumn[];
  /** The columns that name a row of the extract. */
  readonly key: readonly string[];
  readonly keyIsUnique: boolean;
  readonly hasRowChecksum: boolean;
  /** These are rejected rows that were corrected: rows that the run has written already stay as they are. */
  readonly isReplay: boolean;
  /** Indexes of the columns that name a target row; empty when nothing says which. */
  readonly targetKey: readonly number[];
  readonly parents: readonly ParentLink[];
  /** Indexes of the columns that references within the ring refer to. */
  readonly referred: readonly number[];
  /** Where its first pass lies, seen by all connections. */
  readonly firstPass: SettleTables;
  /** Rows with equal keys may lie in several parts: these were not cut by the key. */
  readonly keysSpanParts: boolean;
  /** Equal keys, duplicates or references within the ring reach beyond one part: a first pass settles them. */
  readonly needsFirstPass: boolean;
}

/** What a table is mapped from, and with whom. */
export interface MappingRequest {
  readonly migrationId: string;
  readonly table: Table;
  readonly extracts: readonly ExtractInput[];
  /** The tables that are settled together with it, itself included; to none of them does a link lead outside. */
  readonly ring: readonly Table[];
}

/**
 * Settles how a table is mapped from its extracts: a plan for each. Throws "specification" where the mapping does not
 * fit their columns.
 */
export function planMapping({ extracts, ...request }: MappingRequest): TablePlans {
  const own = extracts.map((input) => planExtract(request, input));
  assertNoProblems(disagreements(request.table, own));
  const allSourceColumns = [
    ...new Map(own.flatMap(({ sourceColumns }) => sourceColumns).map((one) => [one.name, one])).values(),
  ];
  const targetKeys = own.map(({ targetKey }) => targetKey);
  const targetKey = new Set(targetKeys.map(String)).size === 1 ? (targetKeys[0] ?? []) : [];
  const keysSpanParts = own.some((plan) => plan.keysSpanParts);
  const needsFirstPass = own.some((plan) => plan.needsFirstPass);
  const [first, ...others] = own.map((plan) => ({
    ...plan,
    allSourceColumns,
    targetKey,
    keysSpanParts,
    needsFirstPass,
  }));
  if (first === undefined) throw new TypeError(`${request.table.name} is made from no extract`);
  return [first, ...others];
}

function planExtract(
  { migrationId, table, ring }: Omit<MappingRequest, "extracts">,
  input: ExtractInput,
): Omit<MappingPlan, "allSourceColumns"> {
  const { manifest } = input;
  const { details, subject } = manifest._waybill;
  const extract = extractName(subject);
  const sourceColumns = sourceColumnsOf(manifest);
  const compiled = compileTable(migrationId, withKnownFaults(tableOf(table, extract), manifest), sourceColumns);
  const key = (details.key ?? []) as readonly string[];
  // In a union the extract is part of what names a source row.
  const rowKey = table.extracts.length > 1 ? [ownExtract, ...key] : key;
  const place = ring.findIndex(({ name }) => name === table.name);
  const parents = parentLinks(table, compiled, ring);
  const partsBy = details.partsBy;
  const replays = isReplay(manifest);
  const keyIsUnique = replays || manifest.resources[0]?.schema.primaryKey !== undefined;
  const keysSpanParts = !keyIsUnique && partsBy !== "key" && filesOf(manifest, "part").length > 1;
  return {
    table,
    extract,
    input,
    compiled,
    sourceColumns,
    key: replays ? [lineageColumns[0]] : key,
    keyIsUnique,
    isReplay: replays,
    hasRowChecksum: details.rowChecksum === true,
    targetKey: targetKeyOf(table, compiled, rowKey),
    parents,
    referred: referredColumns(table, compiled, ring),
    firstPass: firstPassTables(place),
    keysSpanParts,
    needsFirstPass:
      keysSpanParts ||
      parents.some(({ outside }) => outside === undefined) ||
      (table.dedupe !== undefined && (replays || !(partsBy === "key" && staysInOnePart(table, compiled, rowKey)))),
  };
}

function parentLinks(table: Table, compiled: CompiledTable, ring: readonly Table[]): readonly ParentLink[] {
  const place = ring.findIndex(({ name }) => name === table.name);
  return table.relationships.flatMap((relationship, index) => {
    const column = indexOf(compiled, relationship.column);
    const isInside = ring.some(({ name }) => name === relationship.parent);
    return column === -1
      ? []
      : [{ relationship, column, outside: isInside ? undefined : outsideParent(`${place}_${index}`) }];
  });
}

function outsideParent(name: string): OutsideParent {
  return { keys: identifier(`parent_${name}`), sourceKeys: identifier(`parent_${name}_source`) };
}

function firstPassTables(place: number): SettleTables {
  return { candidates: identifier(`candidates_${place}`), settled: identifier(`settled_${place}`) };
}

function referredColumns(table: Table, compiled: CompiledTable, ring: readonly Table[]): readonly number[] {
  const links = ring.flatMap(({ relationships }) => relationships).filter(({ parent }) => parent === table.name);
  return [...new Set(links.map(({ parentColumn }) => indexOf(compiled, parentColumn)))];
}

function indexOf({ columns }: CompiledTable, wanted: string): number {
  return columns.findIndex(({ name }) => name === wanted);
}

// Rows with equal keys lie in one part. Duplicates do too when equal `by` columns mean equal keys.
function staysInOnePart(table: Table, compiled: CompiledTable, rowKey: readonly string[]): boolean {
  const by = table.dedupe?.by ?? [];
  const determined = by.flatMap((name) => compiled.columns.find((column) => column.name === name)?.injectiveOf ?? []);
  return rowKey.length > 0 && rowKey.every((name) => determined.includes(name));
}

function targetKeyOf(table: Table, compiled: CompiledTable, rowKey: readonly string[]): readonly number[] {
  const unique = table.expect.tests.find((test) => test.kind === "unique");
  const declared = table.key ?? (unique?.kind === "unique" ? unique.columns : undefined);
  if (declared !== undefined) return declared.map((name) => indexOf(compiled, name));
  const made = compiled.columns.findIndex(
    ({ injectiveOf }) =>
      injectiveOf !== undefined && rowKey.length > 0 && rowKey.every((name) => injectiveOf.includes(name)),
  );
  if (made !== -1) return [made];
  const copied = rowKey.map((name) =>
    compiled.columns.findIndex(({ injectiveOf }) => injectiveOf?.length === 1 && injectiveOf[0] === name),
  );
  return copied.includes(-1) ? [] : copied;
}

/** Where the mapped table holds a column's value after step `step`; plain copies are not stored twice. */
export function valueAfter(plan: MappingPlan, column: number, step: number): Sql {
  const compiled = plan.compiled.columns[column];
  if (step > 0 && !isStored(plan, column, step)) return valueAfter(plan, column, step - 1);
  if (step === 0 && compiled?.start !== undefined && isSourceColumn(plan, compiled.start)) return compiled.start;
  return identifier(valueName(column, step));
}

/** Whether the value after a step is stored: a rule that lets values pass as they are adds nothing to store. */
export function isStored(plan: MappingPlan, column: number, step: number): boolean {
  const value = plan.compiled.columns[column]?.steps[step - 1]?.value;
  return value !== identifier(valueName(column, step - 1));
}

/** Where the mapped table holds a column's final value. */
export function finalValue(plan: MappingPlan, column: number): Sql {
  const compiled = plan.compiled.columns[column];
  if (compiled === undefined) throw new RangeError(`no column ${column}`);
  if (compiled.start === undefined || plan.parents.some((parent) => parent.column === column))
    return identifier(`~final.${column}`);
  return valueAfter(plan, column, compiled.steps.length);
}

/** Where the mapped table says that the reference of that column got the value of its `otherwise`. */
export function flagOfParent(column: number): Sql {
  return identifier(`~flag.${column}.parent`);
}

/** Whether SQL is nothing but the name of a source column. */
export function isSourceColumn(plan: MappingPlan, value: Sql): boolean {
  return plan.sourceColumns.some(({ name }) => identifier(name) === value && !isReplaced(plan, name));
}

/** Whether the mapping sees a step's value in place of this source column's. */
export function isReplaced({ table }: Pick<MappingPlan, "table">, name: string): boolean {
  return replacedColumns(table).includes(name);
}

/** Where `mapped` holds a step's value for a column it adds or replaces; undefined for a column no step makes. */
export function stepValue(plan: MappingPlan, name: string): Sql | undefined {
  if (isReplaced(plan, name)) return identifier(replacementName(name));
  return plan.table.steps.some(({ adds }) => adds.includes(name)) ? identifier(name) : undefined;
}

/** Where `mapped` holds the value that the mapping means by the name of a column before its rules. */
export function mappingValue(plan: MappingPlan, name: string): Sql {
  return stepValue(plan, name) ?? identifier(name);
}
