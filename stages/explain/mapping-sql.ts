import { makeMapped } from "../../lib/engine/mapped-sql.js";
import { planMapping, sourceColumnsOf } from "../../lib/engine/plan-mapping.js";
import { ringOf } from "../../lib/mapping/choose-tables.js";
import { compileTable } from "../../lib/mapping/compile-table.js";
import { formatSql } from "../../lib/mapping/format-sql.js";
import type { Migration, Table } from "../../lib/mapping/migration.js";
import { filesOf, type Manifest } from "../../lib/model/manifest.js";

/** An extract as it lies in the work directory. */
export interface ReadExtract {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The statement that maps a part of the extract, laid out for people; what it joins is named in comments above it. */
export function mappingSql(migration: Migration, table: Table, { folder, manifest }: ReadExtract): readonly string[] {
  const compiled = compileTable(migration.id, table, sourceColumnsOf(manifest));
  const plan = planMapping({ table, compiled, manifest, ring: ringOf(migration, table) });
  const [first, ...others] = filesOf(manifest, "part");
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : `; the same for ${others.length} more`;
  return [
    `-- ${table.name} from ${manifest._waybill.subject}, ${first.path}${more}`,
    ...compiled.lookups.map(({ name, file, columns }) => `-- "${name}" holds ${columns.join(", ")} of ${file}`),
    ...compiled.functions.map(({ name }) => `-- "${name}" is a function of Waybill's own`),
    ...formatSql(makeMapped(plan, folder, first)).split("\n"),
  ];
}
