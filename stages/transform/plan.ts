import type { Migration, Table } from "../../lib/mapping/migration.js";
import type { TransformCounts } from "../../lib/model/counts.js";
import { hashOf, type Json, sha256 } from "../../lib/model/hash.js";
import type { Input, Verdict } from "../../lib/model/manifest.js";
import type { Sha256 } from "../../lib/model/names.js";

/** Everything that decides what a table's transform holds: its rules, the lookups they name, the inputs, the limits. */
export function transformFingerprint(migration: Migration, table: Table, inputs: readonly Input[]): Sha256 {
  const { file: _file, lines: _lines, expect, ...rules } = table;
  const settled = JSON.stringify(rules);
  // A file the rules name, wherever they name it: a lookup that changes makes its tables stale and no others.
  const files = migration.files.filter(({ path }) => settled.includes(JSON.stringify(path)));
  return hashOf({
    program: "transform/1",
    migration: migration.id,
    table: JSON.parse(settled) as Json,
    unique: expect.tests.filter(({ kind }) => kind === "unique") as unknown as Json,
    files: Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)])),
    acceptance: migration.acceptance.rejectedMaxPercent ?? null,
    inputs: inputs.map(({ path, outputHash }) => ({ path, outputHash })),
  });
}

/** Whether the data owner accepts so many rejects. */
export function verdictOf(migration: Migration, table: string, { read, rejected }: TransformCounts): Verdict {
  const limit = migration.acceptance.rejectedMaxPercent;
  const percent = read === 0 ? 0 : (100 * rejected) / read;
  if (limit === undefined || percent <= limit) return { code: 0, reasons: [] };
  return { code: 1, reasons: [`${table}: ${rejected} of ${read} rows were rejected (${percent.toFixed(2)} %), more than the accepted ${limit} %`] };
}
