import type { RuleName } from "../model/names.js";
import type { Table } from "./migration.js";

/** A rule of a table, whatever it stands on, and the business rule behind it. */
export interface NamedRule {
  readonly rule: RuleName;
  readonly because: string | undefined;
}

/** Every rule of a table, in the order in which they are applied. */
export function namedRules(table: Table): readonly NamedRule[] {
  const columns = table.columns === "all" ? [] : table.columns;
  const named: readonly NamedRule[] = [
    ...table.steps,
    ...table.filters,
    ...table.rejects,
    ...columns.flatMap((column) => column.rules.map((one) => ({ ...one, because: one.because ?? column.because }))),
    ...(table.dedupe === undefined ? [] : [table.dedupe]),
    // What `references` implies bears the name of its column's rule, which stands above.
    ...table.relationships
      .filter(({ translates }) => translates === undefined)
      .map(({ rule }) => ({ rule, because: undefined })),
  ];
  return named.map(({ rule, because }) => ({ rule, because }));
}
