import type { Selection, Source, SourceTable } from "../../lib/databases/port.js";
import { compileTable } from "../../lib/mapping/compile-table.js";
import type { CompiledTable } from "../../lib/mapping/compiled.js";
import type { Extract, Migration, Relationship, Table } from "../../lib/mapping/migration.js";
import type { Unit } from "../../lib/mapping/unit.js";
import { keyText, keyValues } from "../../lib/mapping/unit-key.js";
import { StageError } from "../../lib/model/errors.js";
import type { SourceOf } from "./open-sources.js";
import { readTexts } from "./read-texts.js";

/** Which rows of one extract a unit needs. */
export interface SelectedExtract {
  readonly extract: Extract;
  readonly selection: Selection;
}

/** A table of the unit with what the source and its mapping say of it. */
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
  const selections = new Map<string, Selection[]>();
  // Children first, so that a parent knows all who need it.
  for (const one of [...known].reverse()) {
    const asked = unit.chosen.some(({ name }) => name === one.table.name) ? [await askedFor(unit, one)] : [];
    const needed = known.flatMap((child) => {
      const rows = selections.get(child.table.name);
      return rows === undefined || child === one
        ? []
        : child.table.relationships
            .filter(({ parent }) => parent === one.table.name)
            .map((link) => parentsSelection(one, { child, link, rows }));
    });
    selections.set(one.table.name, [
      withDuplicates(one, { kind: "any", of: [...asked, ...(await Promise.all(needed))] }),
    ]);
  }
  const extracts = migration.extracts.filter(({ name }) => known.some(({ extract }) => extract.name === name));
  return extracts.map((extract) => {
    const all = known
      .filter((one) => one.extract.name === extract.name)
      .flatMap(({ table }) => selections.get(table.name) ?? []);
    return { extract, selection: all.some(({ kind }) => kind === "all") ? { kind: "all" } : { kind: "any", of: all } };
  });
}

async function describeAll(migration: Migration, sourceOf: SourceOf, unit: Unit): Promise<readonly Known[]> {
  const known: Known[] = [];
  for (const table of unit.tables) {
    const extract = migration.extracts.find(({ name }) => name === table.from);
    if (extract === undefined) throw new Error(`${table.name} is made from an extract that is not declared`);
    const source = sourceOf(extract);
    const shape = await source.describe(extract);
    known.push({ table, extract, source, shape, compiled: compileTable(migration.id, table, shape.columns) });
  }
  return known;
}

async function askedFor(unit: Unit, { table, extract, source, shape }: Known): Promise<Selection> {
  if (unit.kind === "sample") return { kind: "sample", rowCount: unit.rowCount };
  const values = keyValues(unit.key, table.from, shape.key);
  const selection = { kind: "key", values } as const;
  if ((await source.count(extract, shape, selection)) > 0) return selection;
  throw new StageError(
    "missing",
    `${extract.name} has no row with ${keyText(values)}`,
    "look for the key in the source; --key takes the source's key, not the target's",
  );
}

interface Child {
  readonly child: Known;
  readonly link: Relationship;
  readonly rows: readonly Selection[];
}

// Equal values on both sides mean equal source columns when both are the same injective function of them.
async function parentsSelection(parent: Known, { child, link, rows }: Child): Promise<Selection> {
  const own = link.translates === undefined ? determining(child, link.column) : sourceKeyOf(child.table, link.column);
  const referred = link.translates === undefined ? determining(parent, link.parentColumn) : parent.shape.key;
  if (
    own === undefined ||
    referred === undefined ||
    own.length !== referred.length ||
    rows.some(({ kind }) => kind === "all")
  )
    return { kind: "all" };
  // One database cannot look into another: what the children refer to is read from the one and asked of the other.
  if (child.source !== parent.source) {
    const texts = await readTexts({ ...child, selection: { kind: "any", of: rows } }, own);
    return { kind: "texts", columns: referred, rows: texts };
  }
  return {
    kind: "matching",
    columns: referred,
    of: child.extract,
    table: child.shape,
    otherColumns: own,
    selection: { kind: "any", of: rows },
  };
}

/** The source columns of which a target column's value is an injective function. */
function determining({ compiled }: Known, column: string): readonly string[] | undefined {
  return compiled.columns.find(({ name }) => name === column)?.injectiveOf;
}

/** The source columns that hold the parent's key for `references`, where no rule changes them first. */
function sourceKeyOf({ columns }: Table, column: string): readonly string[] | undefined {
  const found = columns === "all" ? undefined : columns.find(({ name }) => name === column);
  if (found === undefined || found.rules.some(({ kind }) => kind !== "references" && kind !== "required"))
    return undefined;
  const { origin } = found;
  if (origin.kind === "from") return [origin.column];
  return origin.kind === "source_key" ? origin.columns : undefined;
}

// The winner among duplicates can only be told when all of them are there; so can what a ring of tables is settled to.
function withDuplicates(
  { table, extract, shape, compiled }: Known,
  selection: Selection & { readonly kind: "any" },
): Selection {
  if (selection.of.some(({ kind }) => kind === "all")) return { kind: "all" };
  if (table.relationships.some(({ parent }) => table.ring.includes(parent))) return { kind: "all" };
  if (table.dedupe === undefined) return selection;
  const origins = table.dedupe.by.map((name) => compiled.columns.find((column) => column.name === name)?.injectiveOf);
  if (origins.includes(undefined)) return { kind: "all" };
  const known = origins.flatMap((names) => names ?? []);
  return {
    kind: "any",
    of: [selection, { kind: "matching", columns: known, of: extract, table: shape, otherColumns: known, selection }],
  };
}
