import type { Extract, Migration } from "../../lib/mapping/migration.js";
import { StageError } from "../../lib/model/errors.js";
import { hashOf, type Json } from "../../lib/model/hash.js";
import type { Sha256 } from "../../lib/model/names.js";
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

/** Columns of an extract that feed a column marked `pii`: their values never stand in a manifest. */
export function piiColumns(migration: Migration, extract: Extract): readonly string[] {
  const tables = migration.tables.filter(({ from }) => from === extract.name);
  const columns = tables.flatMap((table) => (table.columns === "all" ? [] : table.columns)).filter(({ pii }) => pii);
  return columns.flatMap(({ origin }) => {
    if (origin.kind === "from") return [origin.column];
    return origin.kind === "uuid5" ? origin.columns : [];
  });
}

/** Everything in the specification that decides what this extract's files hold. */
export function extractFingerprint(migration: Migration, extract: Extract, selection: Json): Sha256 {
  const { watermark: _, ...deciding } = extract;
  return hashOf({
    program: "extract/1",
    migration: migration.id,
    pii: piiColumns(migration, extract),
    selection,
    extract: { ...deciding, from: { ...deciding.from } } as unknown as Json,
  });
}
