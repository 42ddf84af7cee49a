import type { SourceColumn } from "../mapping/compiled.js";
import type { Manifest } from "../model/manifest.js";
import { addedColumns } from "../model/resource.js";

/** The source's columns as an extract's manifest names them, without the checksum that Waybill added. */
export function sourceColumnsOf(manifest: Manifest): readonly SourceColumn[] {
  const fields = manifest.resources[0]?.schema.fields ?? [];
  const added = addedColumns(manifest);
  const own = fields.filter(({ name }) => !added.includes(name));
  return own.map(({ name, type, _databaseType }) => ({ name, type, databaseType: _databaseType ?? type }));
}
