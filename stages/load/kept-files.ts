import { join } from "node:path";
import type { KeepRows, KeptColumn, KeptFile } from "../../lib/databases/target-port.js";
import { writeRecords } from "../../lib/files/csv-file.js";
import type { WrittenFile } from "../../lib/files/part-writer.js";
import type { Resource } from "../../lib/model/manifest.js";
import { fieldOf, resourceOf } from "../../lib/model/resource.js";

/** What a load keeps beside its manifest: `undo.csv.gz`, the rows as they were, and `rejects.csv.gz`, those refused. */
export interface KeptFiles {
  readonly keep: KeepRows;
  /** The files that were kept, for the manifest. */
  resources(): readonly Resource[];
}

/** Takes what is to be kept into a load's folder. A file kept twice is that of the last attempt. */
export function keptFilesIn(folder: string): KeptFiles {
  const kept = new Map<KeptFile, Resource>();
  return {
    keep: async (name, columns, rows) => {
      const path = `${name}.csv.gz`;
      const names = columns.map((column) => column.name);
      const file = await writeRecords(join(folder, path), names, rows);
      kept.set(name, describe(file, { path, name, columns }));
      return { hash: file.contentHash, rowCount: file.rowCount };
    },
    resources: () => [...kept.values()],
  };
}

function describe(
  file: WrittenFile,
  { path, name, columns }: { readonly path: string; readonly name: KeptFile; readonly columns: readonly KeptColumn[] },
): Resource {
  return resourceOf(file, { path, role: name, fields: columns.map(fieldOf) });
}
