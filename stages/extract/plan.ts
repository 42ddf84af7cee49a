import type { Extract, Migration } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import { nearest } from "../../lib/model/nearest.js";

/** The extracts somebody asked for, in the order of migration.yaml; no names means all. */
export function chooseExtracts(migration: Migration, names: readonly string[]): readonly Extract[] {
  const known = migration.extracts.map(({ name }) => name as string);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const similar = nearest(unknown, known);
    throw new StageError(
      "usage",
      `${migration.id} has no extract ${unknown}${similar === undefined ? "" : `; did you mean ${similar}?`}`,
      `its extracts are ${known.join(", ")}`,
    );
  }
  return names.length === 0 ? migration.extracts : migration.extracts.filter(({ name }) => names.includes(name));
}
