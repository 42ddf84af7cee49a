import type { Selection, Source, SourceTable } from "../../lib/databases/port.js";
import { compileTable } from "../../lib/mapping/compile-table.js";
import type { CompiledTable } from "../../lib/mapping/compiled.js";
import type { Extract, Migration, Relationship, Table } from "../../lib/mapping/migration.js";
import { ownExtract } from "../../lib/mapping/origins/origin.js";
import { originFor, tableOf } from "../../lib/mapping/per-extract.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { keyText, keyValues } from "../../lib/mapping/unit-key.js";
import { listed } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import type { SourceOf } from "./open-sources.js";
import { readTexts } from "./read-texts.js";

/** Which rows of one extract a unit needs. */
export interface SelectedExtract {
  readonly extract: Extract;
  readonly selection: Selection;
}

/** An extract of a table of the unit, with what the source and the table's mapping say of it. */
interface Known {
  readonly table: Table;
  readonly extract: Extract;
  readonly source: Source;
  readonly shape: SourceTable;
  readonly compiled: CompiledTable;
}

/**
 * Settles which rows a unit needs: those asked for, the rows they are duplicates of, and their parents. Where rules
 * make that impossible to say in the source (a reference through a map, duplicates by a changed value), the whole
 * extract is read instead: more rows are context, a missing one would change the outcome. 66 when a key is not there.
 */
export async function selectUnit(
  migration: Migration,
  sourceOf: SourceOf,
  unit: Unit,
): Promise<readonly SelectedExtract[]> {
  const known = await describeAll(migration, sourceOf, unit);
  const selections = new Map<Known, readonly Selection[]>();
  // Children first, so that a parent knows all who need it.
  for (const table of [...unit.tables].reverse()) {
    const extracts = known.filter((one) => one.table.name === table.name);
    const asked = unit.chosen.some(({ name }) => name === table.name)
      ? await askedFor(unit, extracts)
      : extracts.map(() => []);
    const own = new Map<Known, Any>();
    for (const [index, one] of extracts.entries())
      own.set(one, { kind: "any", of: [...(asked[index] ?? []), ...(await neededBy(one, known, selections))] });
    for (const one of extracts) selections.set(one, await withDuplicates(one, own));
  }
  const extracts = migration.extracts.filter(({ name }) => known.some(({ extract }) => extract.name === name));
  return extracts.map((extract) => {
    const all = known.filter((one) => one.extract.name === extract.name).flatMap((one) => selections.get(one) ?? []);
    return { extract, selection: all.some(({ kind }) => kind === "all") ? { kind: "all" } : { kind: "any", of: all } };
  });
}

async function describeAll(migration: Migration, sourceOf: SourceOf, unit: Unit): Promise<readonly Known[]> {
  const known: Known[] = [];
  for (const table of unit.tables) {
    for (const name of table.extracts) {
      const extract = migration.extracts.find((one) => one.name === name);
      if (extract === undefined) throw new Error(`${table.name} is made from an extract that is not declared`);
      const source = sourceOf(extract);
      const shape = await source.describe(extract);
      const compiled = compileTable(migration.id, tableOf(table, name), shape.columns);
      known.push({ table, extract, source, shape, compiled });
    }
  }
  return known;
}

/** Of each extract of a table, the rows asked for: those of the sample, or those that have the key. 66 when none has. */
async function askedFor(unit: Unit, extracts: readonly Known[]): Promise<readonly (readonly Selection[])[]> {
  if (unit.kind === "sample") return extracts.map(() => [{ kind: "sample", rowCount: unit.rowCount }]);
  const asked: (readonly Selection[])[] = [];
  const keys: string[] = [];
  for (const { extract, source, shape } of extracts) {
    const values = keyValues(unit.key, extract.name, shape.key);
    const selection = { kind: "key", values } as const;
    asked.push((await source.count(extract, shape, selection)) > 0 ? [selection] : []);
    keys.push(keyText(values));
  }
  if (asked.some((selections) => selections.length > 0)) return asked;
  const names = extracts.map(({ extract }) => extract.name);
  throw new StageError(
    "missing",
    `${listed(names, "nor")} has no row with ${listed([...new Set(keys)], "or")}`,
    "look for the key in the source; --key takes the source's key, not the target's",
  );
}

/** The rows of a parent that the selected rows of its children refer to, whichever of its extracts they are of. */
async function neededBy(
  parent: Known,
  known: readonly Known[],
  selections: ReadonlyMap<Known, readonly Selection[]>,
): Promise<readonly Selection[]> {
  const needed = known.flatMap((child) => {
    const rows = selections.get(child);
    if (rows === undefined || child.table === parent.table) return [];
    const links = child.table.relationships.filter(
      ({ parent: name, translates }) =>
        name === parent.table.name && (translates === undefined || translates.extract === parent.extract.name),
    );
    return links.map((link) => parentsSelection(parent, { child, link, rows }));
  });
  return await Promise.all(needed);
}

interface Child {
  readonly child: Known;
  readonly link: Relationship;
  readonly rows: readonly Selection[];
}

// Equal values on both sides mean equal source columns when both are the same injective function of them.
async function parentsSelection(parent: Known, { child, link, rows }: Child): Promise<Selection> {
  const isKey = link.translates !== undefined;
  return await matching(
    { one: parent, columns: isKey ? parent.shape.key : determining(parent, link.parentColumn) },
    {
      one: child,
      columns: isKey ? sourceKeyOf(child, link.column) : determining(child, link.column),
      selection: { kind: "any", of: rows },
    },
  );
}

type Any = Selection & { readonly kind: "any" };

interface Side {
  readonly one: Known;
  readonly columns: readonly string[] | undefined;
}

/** The rows of one side whose columns are equal to those of the rows selected on the other; all where that is not known. */
async function matching(to: Side, from: Side & { readonly selection: Any }): Promise<Selection> {
  const [columns, otherColumns] = [to.columns, from.columns];
  const { selection } = from;
  if (
    columns === undefined ||
    otherColumns === undefined ||
    columns.length !== otherColumns.length ||
    selection.of.some(({ kind }) => kind === "all")
  )
    return { kind: "all" };
  // One database cannot look into another: what is referred to is read from the one and asked of the other.
  if (from.one.source !== to.one.source)
    return { kind: "texts", columns, rows: await readTexts({ ...from.one, selection }, otherColumns) };
  return { kind: "matching", columns, of: from.one.extract, table: from.one.shape, otherColumns, selection };
}

/** The source columns that hold the parent's key for `references`, where no rule changes them first. */
function sourceKeyOf({ table: { columns }, extract }: Known, column: string): readonly string[] | undefined {
  const found = columns === "all" ? undefined : columns.find(({ name }) => name === column);
  if (found === undefined || found.rules.some(({ kind }) => kind !== "references" && kind !== "required"))
    return undefined;
  const origin = originFor(found.origin, extract.name);
  if (origin.kind === "from") return [origin.column];
  return origin.kind === "source_key" ? origin.columns : undefined;
}

/** The source columns of which a target column's value is an injective function, if it is one. */
function determining({ compiled }: Known, name: string): readonly string[] | undefined {
  const columns = compiled.columns.find((column) => column.name === name)?.injectiveOf;
  const own = columns?.filter((column) => column !== ownExtract);
  return own?.length === 0 ? undefined : own;
}

// The winner among duplicates can only be told when all of them are there, of all extracts; so can what a ring of tables
// is settled to.
async function withDuplicates(one: Known, selected: ReadonlyMap<Known, Any>): Promise<readonly Selection[]> {
  const own = selected.get(one)?.of ?? [];
  if (one.table.relationships.some(({ parent }) => one.table.ring.includes(parent))) return [{ kind: "all" }];
  if (one.table.dedupe === undefined) return own;
  const columns = duplicateColumns(one);
  const duplicates = [...selected].map(([other, selection]) =>
    matching({ one, columns }, { one: other, columns: duplicateColumns(other), selection }),
  );
  return [...own, ...(await Promise.all(duplicates))];
}

function duplicateColumns(one: Known): readonly string[] | undefined {
  const columns = (one.table.dedupe?.by ?? []).map((name) => determining(one, name));
  return columns.includes(undefined) ? undefined : columns.flatMap((names) => names ?? []);
}
