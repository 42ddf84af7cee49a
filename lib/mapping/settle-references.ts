import type { Column, Relationship, Table } from "./migration.js";
import { type Reference, referenceOf } from "./rules/references.js";

/** A column of a table that says `references`. */
export interface ReferringColumn {
  readonly column: Column;
  readonly reference: Reference;
}

/** The columns of a table that say `references`, in order. */
export function referringColumns({ columns }: Table): readonly ReferringColumn[] {
  if (columns === "all") return [];
  return columns.flatMap((column) => {
    const reference = referenceOf(column);
    return reference === undefined ? [] : [{ column, reference }];
  });
}

/** The columns that name a row of a table, as far as its file says it; the ledger knows rows by these. */
export function declaredKey({ key, expect }: Table): readonly string[] | undefined {
  const unique = expect.tests.find((test) => test.kind === "unique");
  return key ?? (unique?.kind === "unique" ? unique.columns : undefined);
}

/**
 * Makes of every `references` the relationship that it implies: with the parent's key as what it refers to. A test of
 * the same relationship adds nothing but its severity. The tables have been checked.
 */
export function withReferences(tables: readonly Table[]): readonly Table[] {
  return tables.map((table) => {
    const implied = referringColumns(table).flatMap((column) => impliedRelationship(tables, table, column));
    const others = table.relationships.filter(({ column }) => !implied.some((one) => one.column === column));
    return { ...table, relationships: [...others, ...implied] };
  });
}

function impliedRelationship(
  tables: readonly Table[],
  { relationships }: Table,
  { column, reference }: ReferringColumn,
): readonly Relationship[] {
  const parent = tables.find(({ name }) => name === reference.table);
  const [parentColumn] = (parent && declaredKey(parent)) ?? [];
  const [only] = parent?.extracts ?? [];
  if (parent === undefined || parentColumn === undefined || only === undefined) return [];
  const { rule, extract, keyColumns } = reference;
  const tested = relationships.find((one) => one.column === column.name);
  return [
    {
      rule: rule.rule,
      column: column.name,
      parent: parent.name,
      parentColumn,
      translates: { extract: extract ?? only, keyColumns },
      otherwise: rule.otherwise ?? { kind: "reject" },
      flags: rule.flags,
      severity: tested?.severity ?? "error",
    },
  ];
}
