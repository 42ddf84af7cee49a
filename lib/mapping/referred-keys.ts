import type { Table } from "./migration.js";

/**
 * Gives each table that declares no key the column by which others refer to it: a reference can only go to what is
 * unique there. Only with that key in its ledger can a child follow the winner of a deduplicated parent.
 */
export function withReferredKeys(tables: readonly Table[]): readonly Table[] {
  const references = tables.flatMap(({ relationships }) => relationships);
  return tables.map((table) => {
    const columns = new Set(references.filter(({ parent }) => parent === table.name).map((one) => one.parentColumn));
    const [only] = columns;
    return table.key === undefined && only !== undefined && columns.size === 1 ? { ...table, key: [only] } : table;
  });
}
