import type { Table } from "./migration.js";
import { allRules } from "./rules/all-rules.js";

/** The environment variables whose keys a table's rules need, each once. */
export function secretsOf({ columns }: Table): readonly string[] {
  const rules = columns === "all" ? [] : columns.flatMap((column) => column.rules);
  const names = rules.flatMap(
    ({ kind, options }) => allRules.find((definition) => definition.kind === kind)?.secrets(options) ?? [],
  );
  return [...new Set(names)].toSorted();
}
